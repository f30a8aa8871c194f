//! A mail that came in, of any bytes: a verdict, and if it is a bounce, words and addresses fit to be kept.

use doorbell::deliver::email::{Returned, read_bounce};
use doorbell::model::email_address;

use super::clean;

/// What the ledger bears of a remote's words.
const LONGEST_TEXT: usize = 300;
/// Of one recipient: the address that was written to, and the one behind it.
const MOST_ADDRESSES: usize = 2;

pub fn holds(bytes: &[u8]) {
    let bounce = match read_bounce(bytes.to_vec()) {
        Returned::Failed(bounce) => bounce,
        Returned::Nothing(why) => {
            assert_ne!(why, "it cannot be read", "the reader broke down");
            return;
        }
    };
    assert!(!bounce.uid.is_empty() && !bounce.uid.contains('@'), "{:?} is no content key", bounce.uid);
    clean::line("a reply", &bounce.reply.text);
    assert!(bounce.reply.text.chars().count() <= LONGEST_TEXT, "{} bytes of words", bounce.reply.text.len());
    let plain = |letter: char| letter.is_ascii_digit() || letter == '.' || letter == ' ';
    assert!(bounce.reply.code.len() <= 15 && bounce.reply.code.chars().all(plain), "{:?} is a code", bounce.reply.code);
    assert!(bounce.addresses.len() <= MOST_ADDRESSES);
    for address in &bounce.addresses {
        assert_eq!(email_address(address).as_deref(), Some(address.as_str()), "{address:?} is blocked");
        assert!(!bounce.reply.text.contains(address.as_str()), "an address is kept: {:?}", bounce.reply.text);
    }
}
