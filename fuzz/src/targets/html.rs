//! What HTML may hold that was made of foreign text: the tags of the templates, and links that lead to the web.

/// The tags of doorbell's own templates, and those that `rich` and `files` write.
const TAGS: [&str; 18] = [
    "a",
    "body",
    "br",
    "div",
    "h1",
    "head",
    "html",
    "meta",
    "p",
    "strong",
    "style",
    "table",
    "td",
    "title",
    "tr",
    "!DOCTYPE",
    "!--[if",
    "![endif]--",
];
const ATTRIBUTES: [&str; 20] = [
    "align",
    "aria-hidden",
    "bgcolor",
    "cellpadding",
    "cellspacing",
    "charset",
    "class",
    "colspan",
    "content",
    "dir",
    "href",
    "html",
    "lang",
    "mso]",
    "name",
    "rel",
    "role",
    "style",
    "valign",
    "width",
];
const SCHEMES: [&str; 3] = ["https://", "http://", "mailto:"];

/// Nothing but the templates' own tags and attributes, and no link but to the web or to a mailbox.
#[track_caller]
pub fn is_ours(html: &str) {
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('\0'), "NUL in HTML");
        let (tag, behind) = after.split_once('>').unwrap_or_else(|| panic!("a tag is not closed: <{after}"));
        let (name, attributes) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
        assert!(TAGS.contains(&name.trim_start_matches('/')), "a foreign tag: <{tag}>");
        each_attribute(attributes);
        rest = behind;
    }
}

#[track_caller]
fn each_attribute(attributes: &str) {
    let mut rest = attributes.trim_start();
    while !rest.is_empty() {
        let (name, after) =
            rest.split_once(|letter: char| letter == '=' || letter.is_whitespace()).unwrap_or((rest, ""));
        assert!(ATTRIBUTES.contains(&name), "a foreign attribute {name:?} in {attributes:?}");
        let Some((value, behind)) = after.strip_prefix('"').and_then(|value| value.split_once('"')) else {
            rest = after.trim_start();
            continue;
        };
        if name == "href" {
            let of_the_web = SCHEMES
                .iter()
                .any(|scheme| value.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
            assert!(of_the_web, "a link leads to {value:?}");
        }
        rest = behind.trim_start();
    }
}
