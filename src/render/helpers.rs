//! The words that templates may use besides fields: `rich`, `files`, `quote`.
//! They write finished text, so in HTML they escape for themselves.

use handlebars::{Context, Handlebars, Helper, HelperResult, JsonRender, Output, RenderContext};
use serde_json::Value;

use super::html;

/// Helpers that take a block.
pub(super) const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];
/// Helpers that stand for a value, or in round brackets after `#if`.
pub(super) const VALUES: [&str; 14] =
    ["rich", "files", "quote", "lookup", "len", "eq", "ne", "gt", "gte", "lt", "lte", "and", "or", "not"];
/// Columns of quoted text, so that two more levels of quoting fit on a line of 78.
const QUOTE_COLUMNS: usize = 70;

/// An engine for the HTML part.
pub(super) fn for_html() -> Handlebars<'static> {
    let mut engine = strict();
    engine.register_escape_fn(|text| html::escape(text).into_owned());
    engine.register_helper("rich", Box::new(rich_html));
    engine.register_helper("quote", Box::new(rich_html));
    engine.register_helper("files", Box::new(files_html));
    engine
}

/// An engine for the subject and the text part.
pub(super) fn for_text() -> Handlebars<'static> {
    let mut engine = strict();
    engine.register_escape_fn(handlebars::no_escape);
    engine.register_helper("rich", Box::new(quote_text));
    engine.register_helper("quote", Box::new(quote_text));
    engine.register_helper("files", Box::new(files_text));
    engine
}

fn strict() -> Handlebars<'static> {
    let mut engine = Handlebars::new();
    engine.set_strict_mode(true);
    // a partial in an indented line must not indent what people wrote
    engine.set_prevent_indent(true);
    engine
}

type Write<'a> = &'a mut dyn Output;

fn rich_html(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: Write,
) -> HelperResult {
    Ok(out.write(&html::rich(&text(h)))?)
}

fn quote_text(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: Write,
) -> HelperResult {
    Ok(out.write(&quoted(&text(h)))?)
}

fn files_html(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: Write,
) -> HelperResult {
    for (position, file) in listed(h).iter().enumerate() {
        if position > 0 {
            out.write("<br>\n")?;
        }
        let name = html::escape(field(file, "name"));
        match field(file, "url") {
            "" => out.write(&name)?,
            url => {
                let url = html::escape(url);
                out.write(&format!("<a href=\"{url}\" rel=\"noopener noreferrer\">{name}</a>"))?;
            }
        }
        out.write(&size(file))?;
    }
    Ok(())
}

fn files_text(
    h: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: Write,
) -> HelperResult {
    for (position, file) in listed(h).iter().enumerate() {
        if position > 0 {
            out.write("\n")?;
        }
        // never at the beginning of a line: a name could read like a line of the mail itself
        out.write("- ")?;
        out.write(field(file, "name"))?;
        out.write(&size(file))?;
        let url = field(file, "url");
        if !url.is_empty() {
            out.write("\n  ")?;
            out.write(url)?;
        }
    }
    Ok(())
}

fn text(h: &Helper<'_>) -> String {
    h.param(0).map(|value| value.value().render()).unwrap_or_default()
}

fn listed<'a>(h: &'a Helper<'_>) -> &'a [Value] {
    h.param(0).and_then(|value| value.value().as_array()).map(Vec::as_slice).unwrap_or_default()
}

fn size(file: &Value) -> String {
    match field(file, "size") {
        "" => String::new(),
        size => format!(" ({size})"),
    }
}

fn field<'a>(file: &'a Value, name: &str) -> &'a str {
    file.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Every line behind a `>`, as mail programs quote: what people wrote cannot look like the mail's own lines.
fn quoted(text: &str) -> String {
    let mut quote = String::with_capacity(text.len() + text.len() / 16 + 2);
    for (position, line) in text.lines().enumerate() {
        if position > 0 {
            quote.push('\n');
        }
        quote.push('>');
        let mut column = 0;
        for word in line.split(' ') {
            // words are never broken: a web address stays whole
            let width = word.chars().count();
            if column > 0 && column + 1 + width > QUOTE_COLUMNS {
                quote.push_str("\n>");
                column = 0;
            }
            quote.push(' ');
            quote.push_str(word);
            column += width + 1;
        }
        quote.truncate(quote.trim_end_matches(' ').len());
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_a_quote_is_marked_and_short() {
        assert_eq!(quoted("a\n\nOpen: b"), "> a\n>\n> Open: b");
        let long = quoted(&"word ".repeat(60));
        assert!(long.lines().all(|line| line.starts_with("> word") && line.chars().count() <= 72), "{long}");
        let address = format!("see https://example.com/{} now", "x".repeat(90));
        assert!(quoted(&address).contains(&format!("> https://example.com/{}", "x".repeat(90))));
    }
}
