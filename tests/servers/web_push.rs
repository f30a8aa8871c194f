//! The other side of a browser push: what a browser and a push service read of it, by libraries that are not ours.

use serde_json::{Value, json};

use super::python;

/// A browser whose private half the scripts know (RFC 8291, appendix A).
pub const P256DH: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
pub const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";

/// `PyJWT` accepts a token only if signature, audience and expiry hold.
const READ_TOKEN: &str = "
import base64, json, sys, jwt
from cryptography.hazmat.primitives.asymmetric import ec
asked = json.load(sys.stdin)
token, key = [part.strip().split('=', 1)[1] for part in asked['header'].removeprefix('vapid ').split(',')]
point = base64.urlsafe_b64decode(key + '=' * (-len(key) % 4))
public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
try:
    needed = {'require': ['exp', 'aud', 'sub']}
    claims = jwt.decode(token, public, algorithms=['ES256'], audience=asked['origin'], options=needed)
    print(json.dumps({'claims': claims, 'header': jwt.get_unverified_header(token), 'key': key}))
except jwt.PyJWTError as refused:
    print(json.dumps(type(refused).__name__))
";

const DECRYPT: &str = "
import base64, json, sys, http_ece
from cryptography.hazmat.primitives.asymmetric import ec
def raw(text): return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
asked = json.load(sys.stdin)
private = ec.derive_private_key(int.from_bytes(raw(asked['private']), 'big'), ec.SECP256R1())
text = http_ece.decrypt(bytes(asked['body']), private_key=private, auth_secret=raw(asked['auth']), version='aes128gcm')
print(json.dumps(text.decode()))
";

/// What a push service reads in an Authorization header: claims, header and key, or the name of the error.
pub fn read_token(header: &str, origin: &str) -> Value {
    python(READ_TOKEN, &json!({ "header": header, "origin": origin }))
}

/// What the browser reads.
pub fn decrypted(body: &[u8]) -> String {
    let text = python(DECRYPT, &json!({ "body": body, "auth": AUTH, "private": PRIVATE }));
    text.as_str().unwrap().to_owned()
}
