//! Encrypts a push for one browser (RFC 8291 over RFC 8188): the push service that carries it cannot read it.

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{self, HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::rand;
use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use thiserror::Error;

/// Base64 as browsers and push services write it: the URL alphabet without padding; what is read may be padded.
pub(super) const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_encode_padding(false).with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The longest plaintext: push services take bodies of 4096 bytes (RFC 8030 section 7.2) but advise about 3 kB.
pub const LONGEST: usize = 3_000;
/// A point of P-256, uncompressed (SEC 1 section 2.3.3): 0x04 and two coordinates of 32 bytes.
const POINT: usize = 65;
const UNCOMPRESSED: u8 = 4;
/// The browser's secret (RFC 8291 section 3.2).
const SECRET: usize = 16;
const SALT: usize = 16;
/// AES-128-GCM, and the nonce of RFC 8188.
const KEY: usize = 16;
const NONCE: usize = 12;
/// The record size in the header (RFC 8188 section 2.1); the only record is shorter.
const RECORD: u32 = 4_096;
/// Ends the last record (RFC 8188 section 2).
const LAST: u8 = 2;

/// The keys that a browser gave with its subscription.
#[derive(Debug, Clone)]
pub struct Browser {
    point: ParsedPublicKey,
    secret: [u8; SECRET],
}

/// Why a push cannot be encrypted. Never holds a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncryptionError {
    /// `p256dh` is missing or no point of the curve.
    #[error("the subscription's p256dh is not the public key of a browser (65 bytes of P-256 in base64url)")]
    Point,
    /// `auth` is missing or of another length.
    #[error("the subscription's auth is not a secret of 16 bytes in base64url")]
    Secret,
    /// The plaintext would not fit.
    #[error("the notification is longer than {LONGEST} bytes")]
    Long,
    /// The cryptographic library refused.
    #[error("the notification cannot be encrypted")]
    Failed,
}

impl Browser {
    /// The keys as a browser's `PushSubscription` writes them.
    pub fn from_written(p256dh: &str, auth: &str) -> Result<Self, EncryptionError> {
        let point = BASE64URL.decode(p256dh.trim()).map_err(|_| EncryptionError::Point)?;
        if point.len() != POINT || point.first() != Some(&UNCOMPRESSED) {
            return Err(EncryptionError::Point);
        }
        // the parser checks that the point lies on the curve
        let point = UnparsedPublicKey::new(&ECDH_P256, point).try_into().map_err(|_| EncryptionError::Point)?;
        let secret = BASE64URL.decode(auth.trim()).map_err(|_| EncryptionError::Secret)?;
        Ok(Self { point, secret: secret.try_into().map_err(|_| EncryptionError::Secret)? })
    }
}

/// The body of the request: `plaintext` in one record that only `browser` can read.
pub fn encrypt(plaintext: &[u8], browser: &Browser) -> Result<Vec<u8>, EncryptionError> {
    let ours = PrivateKey::generate(&ECDH_P256).map_err(|_| EncryptionError::Failed)?;
    let mut salt = [0; SALT];
    rand::fill(&mut salt).map_err(|_| EncryptionError::Failed)?;
    encrypt_with(plaintext, browser, &ours, &salt)
}

/// A key or a salt that is used twice gives the plaintexts away: only the test of the RFC's example chooses them.
fn encrypt_with(
    plaintext: &[u8],
    browser: &Browser,
    ours: &PrivateKey,
    salt: &[u8; SALT],
) -> Result<Vec<u8>, EncryptionError> {
    if plaintext.len() > LONGEST {
        return Err(EncryptionError::Long);
    }
    let our_point = ours.compute_public_key().map_err(|_| EncryptionError::Failed)?;
    let keys = Salt::new(HKDF_SHA256, salt).extract(&shared(browser, ours, our_point.as_ref())?);
    let key: [u8; KEY] = derived(&keys, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; NONCE] = derived(&keys, &[b"Content-Encoding: nonce\0"])?;
    let mut record = [plaintext, &[LAST]].concat();
    UnboundKey::new(&AES_128_GCM, &key)
        .and_then(|key| {
            let key = LessSafeKey::new(key);
            key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut record)
        })
        .map_err(|_| EncryptionError::Failed)?;
    let length = u8::try_from(our_point.as_ref().len()).map_err(|_| EncryptionError::Failed)?;
    Ok([salt, &RECORD.to_be_bytes()[..], &[length], our_point.as_ref(), &record].concat())
}

/// What both sides know and nobody else (RFC 8291 section 3.4).
fn shared(browser: &Browser, ours: &PrivateKey, our_point: &[u8]) -> Result<[u8; 32], EncryptionError> {
    let info: [&[u8]; 3] = [b"WebPush: info\0", browser.point.as_ref(), our_point];
    agree(ours, browser.point.clone(), EncryptionError::Failed, |secret| {
        derived(&Salt::new(HKDF_SHA256, &browser.secret).extract(secret), &info)
    })
}

fn derived<const LENGTH: usize>(from: &Prk, info: &[&[u8]]) -> Result<[u8; LENGTH], EncryptionError> {
    let mut key = [0; LENGTH];
    let expanded = from.expand(info, Length(LENGTH)).and_then(|key_material| key_material.fill(&mut key));
    expanded.map(|()| key).map_err(|_| EncryptionError::Failed)
}

/// How many bytes are wanted.
#[derive(Clone, Copy)]
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

impl From<hkdf::Okm<'_, Length>> for Length {
    fn from(made: hkdf::Okm<'_, Length>) -> Self {
        *made.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    /// RFC 8291, appendix A.
    #[test]
    fn the_example_of_the_rfc_comes_out_byte_for_byte() {
        let ours = BASE64URL.decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw").unwrap();
        let ours = PrivateKey::from_private_key(&ECDH_P256, &ours).unwrap();
        let salt = BASE64URL.decode("DGv6ra1nlYgDCS1FRnbzlw").unwrap().try_into().unwrap();
        let browser = Browser::from_written(P256DH, AUTH).unwrap();
        let body = encrypt_with(b"When I grow up, I want to be a watermelon", &browser, &ours, &salt).unwrap();
        assert_eq!(
            BASE64URL.encode(body),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr\
             u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn every_push_has_a_key_and_a_salt_of_its_own() {
        let browser = Browser::from_written(P256DH, AUTH).unwrap();
        let [one, other] = [(); 2].map(|()| encrypt(b"the same", &browser).unwrap());
        assert_ne!(one[..SALT], other[..SALT]);
        assert_ne!(one[SALT + 5..SALT + 5 + POINT], other[SALT + 5..SALT + 5 + POINT]);
    }

    #[test]
    fn the_longest_plaintext_stays_below_what_push_services_take() {
        let browser = Browser::from_written(P256DH, AUTH).unwrap();
        assert!(encrypt(&[b'a'; LONGEST], &browser).unwrap().len() <= 4_096);
        assert_eq!(encrypt(&[b'a'; LONGEST + 1], &browser), Err(EncryptionError::Long));
    }

    #[test]
    fn keys_with_padding_or_spaces_around_are_read() {
        assert!(Browser::from_written(&format!(" {P256DH}=\n"), &format!("{AUTH}==")).is_ok());
    }

    #[test]
    fn keys_that_no_browser_gave_are_refused() {
        let point = BASE64URL.decode(P256DH).unwrap();
        let changed = |place: usize, to: u8| {
            let mut point = point.clone();
            point[place] = to;
            BASE64URL.encode(point)
        };
        let hybrid = changed(0, 6);
        let off_the_curve = changed(64, point[64] ^ 1);
        let compressed = BASE64URL.encode([&[2], &point[1..33]].concat());
        let not_finite = BASE64URL.encode([[4].as_slice(), &[0; 64]].concat());
        for p256dh in ["", "no base64!", "AAAA", &hybrid, &off_the_curve, &compressed, &not_finite, &P256DH[1..]] {
            let error = Browser::from_written(p256dh, AUTH).unwrap_err();
            assert_eq!(error, EncryptionError::Point, "{p256dh}");
            assert!(p256dh.is_empty() || !error.to_string().contains(p256dh));
        }
        for auth in ["", "AAAA", "no base64!", &P256DH[..86]] {
            assert_eq!(Browser::from_written(P256DH, auth).unwrap_err(), EncryptionError::Secret, "{auth}");
        }
    }
}
