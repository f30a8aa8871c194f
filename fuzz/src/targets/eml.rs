//! A mail as strangers read it: its raw lines, its headers, and its parts by another reader than doorbell's builder.

use std::collections::BTreeMap;

use doorbell::deliver::email::Mail;
use mail_parser::MessageParser;

/// RFC 5322, section 2.1.1.
const LONGEST_LINE: usize = 998;
const ALWAYS: [&str; 11] = [
    "From",
    "Reply-To",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "MIME-Version",
    "To",
    "Subject",
    "Date",
];
const SOMETIMES: [&str; 5] = ["Message-ID", "Content-Type", "In-Reply-To", "References", "X-Original-To"];

/// The mail to this address.
#[track_caller]
pub fn is_right(bytes: &[u8], mail: &Mail, to: &str) {
    is_safe_on_every_way(bytes);
    let headers = headers(bytes);
    for (name, times) in &headers {
        assert_eq!(*times, 1, "{name} stands {times} times");
        assert!(ALWAYS.contains(&name.as_str()) || SOMETIMES.contains(&name.as_str()), "a foreign header {name:?}");
    }
    ALWAYS.iter().for_each(|name| assert!(headers.contains_key(*name), "{name} is missing"));
    let message = MessageParser::default().parse(bytes).expect("a mail");
    let recipients: Vec<_> = message.to().expect("a recipient").iter().collect();
    assert_eq!(recipients.len(), 1, "{recipients:?}");
    assert!(message.cc().is_none() && message.bcc().is_none());
    // the other reader takes brackets inside of quotes and of literals for comments
    if to.is_ascii() && !to.contains(['"', '[']) {
        assert_eq!(recipients[0].address(), Some(to));
    }
    assert_eq!(message.from().and_then(|from| from.first()).and_then(|from| from.address()), Some("desk@example.com"));
    assert!(message.message_id().is_some_and(|id| id.ends_with("@example.com")), "{:?}", message.message_id());
    assert_eq!((message.text_body_count(), message.html_body_count()), (1, 1));
    let read = |part: Option<std::borrow::Cow<'_, str>>| plain(&part.expect("a part"));
    assert_eq!(read(message.body_text(0)), plain(&mail.words.text), "the text is another");
    assert_eq!(read(message.body_html(0)), plain(&mail.words.html), "the HTML is another");
}

/// ASCII, whole line ends, no line that a relay would break.
#[track_caller]
fn is_safe_on_every_way(bytes: &[u8]) {
    let header = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a header");
    let body = &bytes[header..];
    assert!(body.is_ascii() && !bytes.contains(&0), "bytes beyond ASCII");
    let bare = bytes.windows(2).any(|pair| (pair[0] == b'\r') != (pair[1] == b'\n'));
    assert!(!bare, "a bare CR or LF");
    let longest = bytes.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap_or_default();
    assert!(longest <= LONGEST_LINE + 1, "a line of {longest} bytes");
}

/// How often each header stands in the mail.
fn headers(bytes: &[u8]) -> BTreeMap<String, usize> {
    let text = String::from_utf8_lossy(bytes);
    let mut headers = BTreeMap::new();
    for line in text.split("\r\n").take_while(|line| !line.is_empty()) {
        if !line.starts_with([' ', '\t']) {
            let name = line.split_once(':').unwrap_or_else(|| panic!("no header: {line:?}")).0;
            *headers.entry(name.to_owned()).or_default() += 1;
        }
    }
    headers
}

/// A text without what no mail carries: CR, NUL, and line ends behind it.
fn plain(text: &str) -> String {
    text.replace(['\r', '\0'], "").trim_end_matches('\n').to_owned()
}
