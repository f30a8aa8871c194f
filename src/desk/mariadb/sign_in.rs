//! From an open connection to one that answers questions: greeting, encryption, and who we are.

use std::collections::HashMap;

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPublicEncryptingKey, PublicEncryptingKey};
use mysql_common::constants::{CapabilityFlags, UTF8MB4_GENERAL_CI};
use mysql_common::io::ParseBuf;
use mysql_common::packets::{AuthPlugin, AuthSwitchRequest, HandshakePacket, HandshakeResponse, SslRequest};
use rustls::ClientConfig;
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::pki_types::pem::PemObject;

use super::wire::{Fault, LARGEST_PACKET, Wire};

/// A server asks for another way to sign in once at most, and this way takes three steps.
const STEPS: usize = 6;

/// Who signs in where.
pub(super) struct Who<'a> {
    pub(super) user: &'a str,
    pub(super) password: &'a str,
    pub(super) database: &'a str,
}

/// Signs in; `tls` is the name in the server's certificate and what a handshake needs. Answers whether it is MariaDB.
pub(super) fn sign_in(mut wire: Wire, who: &Who<'_>, tls: Option<(&str, ClientConfig)>) -> Result<(Wire, bool), Fault> {
    let greeting = wire.read()?;
    let greeting: HandshakePacket<'_> = ParseBuf(&greeting).parse(())?;
    let can = greeting.capabilities();
    if greeting.protocol_version() != 10 || !can.contains(needed()) {
        return Err(Fault::Strange("it is older than MySQL 5.7 and MariaDB 10"));
    }
    let mut flags = needed() | CapabilityFlags::CLIENT_LONG_PASSWORD | (can & CapabilityFlags::CLIENT_CONNECT_ATTRS);
    if let Some((name, config)) = tls {
        if !can.contains(CapabilityFlags::CLIENT_SSL) {
            return Err(Fault::Unencrypted);
        }
        flags |= CapabilityFlags::CLIENT_SSL;
        wire.answer_with(&SslRequest::new(flags, largest()?, collation()?))?;
        wire = wire.encrypted(name, config)?;
    }
    let nonce = greeting.nonce();
    let nonce = nonce.get(..20).ok_or(Fault::Strange("its greeting is too short"))?;
    let plugin = match greeting.auth_plugin() {
        Some(AuthPlugin::CachingSha2Password) => AuthPlugin::CachingSha2Password,
        _ => AuthPlugin::MysqlNativePassword,
    };
    let program = flags
        .contains(CapabilityFlags::CLIENT_CONNECT_ATTRS)
        .then(|| HashMap::from([("program_name".to_owned(), "doorbell".to_owned())]));
    let proof = proof(&plugin, who.password, nonce)?;
    wire.answer_with(&HandshakeResponse::new(
        Some(proof),
        (8, 0, 0),
        Some(who.user.as_bytes()),
        Some(who.database.as_bytes()),
        Some(plugin),
        flags,
        program,
        largest()?,
    ))?;
    prove(&mut wire, who.password, nonce)?;
    Ok((wire, greeting.maria_db_server_version_parsed().is_some()))
}

/// Several statements in one text are not among them: nothing can be appended to one of ours.
fn needed() -> CapabilityFlags {
    CapabilityFlags::CLIENT_PROTOCOL_41
        | CapabilityFlags::CLIENT_SECURE_CONNECTION
        | CapabilityFlags::CLIENT_TRANSACTIONS
        | CapabilityFlags::CLIENT_PLUGIN_AUTH
        | CapabilityFlags::CLIENT_CONNECT_WITH_DB
}

fn largest() -> Result<u32, Fault> {
    u32::try_from(LARGEST_PACKET).map_err(|_| Fault::Strange("its packets are too large"))
}

fn collation() -> Result<u8, Fault> {
    u8::try_from(UTF8MB4_GENERAL_CI).map_err(|_| Fault::Strange("utf8mb4 has no number"))
}

/// What the server gets to see in place of the password.
fn proof(plugin: &AuthPlugin<'_>, password: &str, nonce: &[u8]) -> Result<Vec<u8>, Fault> {
    match plugin {
        AuthPlugin::MysqlNativePassword | AuthPlugin::CachingSha2Password => {
            Ok(plugin.gen_data(Some(password), nonce).map(|data| data.to_vec()).unwrap_or_default())
        }
        // the server looks who is at the other end of the socket, and reads nothing
        AuthPlugin::Other(name) if matches!(name.as_ref(), b"auth_socket" | b"unix_socket") => Ok(Vec::new()),
        other => Err(Fault::SignIn(String::from_utf8_lossy(other.as_bytes()).into_owned())),
    }
}

/// Answers what the server wants to know until it lets us in.
fn prove(wire: &mut Wire, password: &str, nonce: &[u8]) -> Result<(), Fault> {
    let mut nonce = nonce.to_vec();
    for _ in 0..STEPS {
        let packet = wire.read()?;
        match packet.as_slice() {
            [0x00, ..] => return Ok(()),
            [0xfe] => return Err(Fault::SignIn("mysql_old_password".into())),
            [0xfe, ..] => {
                let other: AuthSwitchRequest<'_> = ParseBuf(&packet).parse(())?;
                nonce = other.plugin_data().to_vec();
                let proof = proof(&other.auth_plugin(), password, &nonce)?;
                wire.answer(&proof)?;
            }
            // caching_sha2_password: the server still knows the proof; its word that all is well follows
            [0x01, 0x03] => {}
            // it does not, and wants the password itself
            [0x01, 0x04] if wire.is_private() => wire.answer(&terminated(password))?,
            [0x01, 0x04] => wire.answer(&[0x02])?,
            [0x01, key @ ..] => wire.answer(&sealed(password, &nonce, key)?)?,
            _ => return Err(Fault::Strange("it answers to a password with something else")),
        }
    }
    Err(Fault::Strange("it does not stop asking who we are"))
}

fn terminated(password: &str) -> Vec<u8> {
    [password.as_bytes(), &[0]].concat()
}

/// The password for this server's key only (MySQL manual, "Caching SHA-2 pluggable authentication").
fn sealed(password: &str, nonce: &[u8], pem: &[u8]) -> Result<Vec<u8>, Fault> {
    let unusable = || Fault::Strange("its public key for passwords cannot be used");
    let key = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| unusable())?;
    let key = PublicEncryptingKey::from_der(&key).map_err(|_| unusable())?;
    let key = OaepPublicEncryptingKey::new(key).map_err(|_| unusable())?;
    let plain: Vec<u8> =
        terminated(password).iter().zip(nonce.iter().cycle()).map(|(one, other)| one ^ other).collect();
    let mut sealed = vec![0; key.ciphertext_size()];
    key.encrypt(&OAEP_SHA1_MGF1SHA1, &plain, &mut sealed, None).map_err(|_| unusable())?;
    Ok(sealed)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;

    use aws_lc_rs::digest::{SHA256, digest};
    use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
    use aws_lc_rs::rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey};
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use mysql_common::constants::StatusFlags;
    use mysql_common::proto::MySerialize;
    use mysql_common::proto::sync_framed::MySyncFramed;

    use super::*;
    use crate::desk::mariadb::address::Place;
    use crate::desk::mariadb::stream::Stream;
    use crate::server::{Tls, tls_config};

    const NONCE: [u8; 20] = *b"abcdefghijklmnopqrst";
    const WHO: Who<'_> = Who { user: "doorbell", password: "hunter2", database: "desk" };

    type Server = MySyncFramed<TcpStream>;

    fn send(server: &mut Server, packet: &[u8]) {
        server.send(&mut &*packet).unwrap();
    }

    fn receive(server: &mut Server) -> Vec<u8> {
        let mut packet = Vec::new();
        assert!(server.next_packet(&mut packet).unwrap());
        packet
    }

    fn greeting(plugin: &[u8], version: &[u8]) -> Vec<u8> {
        let (one, other) = NONCE.split_at(8);
        let other = [other, &[0]].concat();
        let flags = needed() | CapabilityFlags::CLIENT_CONNECT_ATTRS | CapabilityFlags::CLIENT_SSL;
        let packet = HandshakePacket::new(
            10,
            version,
            1,
            one.try_into().unwrap(),
            Some(other),
            flags,
            45,
            StatusFlags::empty(),
            Some(plugin),
        );
        let mut bytes = Vec::new();
        packet.serialize(&mut bytes);
        bytes
    }

    /// What signing in comes to at a server that does this; without encryption.
    fn at(serve: impl FnOnce(Server) + Send + 'static) -> Result<bool, Fault> {
        over(None, serve)
    }

    fn over(tls: Option<Tls>, serve: impl FnOnce(Server) + Send + 'static) -> Result<bool, Fault> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let place = Place::Host("127.0.0.1".into(), listener.local_addr().unwrap().port());
        let server = thread::spawn(move || serve(MySyncFramed::new(listener.accept().unwrap().0)));
        let tls = tls.map(|tls| ("localhost", tls_config(tls, None, "desk").unwrap()));
        let signed_in = sign_in(Wire::new(Stream::connect(&place).unwrap()), &WHO, tls);
        server.join().unwrap();
        signed_in.map(|(_, is_mariadb)| is_mariadb)
    }

    /// The letters that MySQL's `caching_sha2_password` wants to see (its manual: XOR of two digests).
    fn caching(nonce: &[u8]) -> Vec<u8> {
        let once = digest(&SHA256, WHO.password.as_bytes());
        let twice = digest(&SHA256, once.as_ref());
        let other = digest(&SHA256, &[twice.as_ref(), nonce].concat());
        once.as_ref().iter().zip(other.as_ref()).map(|(one, other)| one ^ other).collect()
    }

    fn contains(packet: &[u8], part: &[u8]) -> bool {
        packet.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn mysql_that_knows_the_password_by_its_digest_lets_us_in() {
        let is_mariadb = at(|mut server| {
            send(&mut server, &greeting(b"caching_sha2_password", b"8.0.36"));
            let answer = receive(&mut server);
            assert!(contains(&answer, &caching(&NONCE)) && !contains(&answer, b"hunter2"));
            assert!(contains(&answer, b"\x0cprogram_name\x08doorbell"));
            send(&mut server, &[0x01, 0x03]);
            send(&mut server, &[0, 0, 0, 2, 0, 0, 0]);
        });
        assert!(!is_mariadb.unwrap());
    }

    #[test]
    fn mysql_that_does_not_gets_it_for_its_key_only() {
        let key = PrivateDecryptingKey::generate(KeySize::Rsa2048).unwrap();
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().unwrap();
        let pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", BASE64_STANDARD.encode(der.as_ref()));
        let is_mariadb = at(move |mut server| {
            send(&mut server, &greeting(b"caching_sha2_password", b"8.4.0"));
            receive(&mut server);
            send(&mut server, &[0x01, 0x04]);
            assert_eq!(receive(&mut server), [0x02]);
            send(&mut server, &[&[0x01], pem.as_bytes()].concat());
            let sealed = receive(&mut server);
            let key = OaepPrivateDecryptingKey::new(key).unwrap();
            let mut plain = vec![0; key.min_output_size()];
            let plain = key.decrypt(&OAEP_SHA1_MGF1SHA1, &sealed, &mut plain, None).unwrap();
            let plain: Vec<u8> = plain.iter().zip(NONCE.iter().cycle()).map(|(one, other)| one ^ other).collect();
            assert_eq!(plain, b"hunter2\0");
            send(&mut server, &[0, 0, 0, 2, 0, 0, 0]);
        });
        assert!(!is_mariadb.unwrap());
    }

    #[test]
    fn another_way_to_sign_in_is_taken_where_it_is_known() {
        let is_mariadb = at(|mut server| {
            send(&mut server, &greeting(b"mysql_native_password", b"5.5.5-10.11.6-MariaDB"));
            receive(&mut server);
            send(&mut server, b"\xfecaching_sha2_password\0ABCDEFGHIJKLMNOPQRST\0");
            assert_eq!(receive(&mut server), caching(b"ABCDEFGHIJKLMNOPQRST"));
            send(&mut server, &[0, 0, 0, 2, 0, 0, 0]);
        });
        assert!(is_mariadb.unwrap());
        for (plugin, named) in
            [(&b"client_ed25519\0abc"[..], "client_ed25519"), (b"mysql_clear_password\0", "mysql_clear_password")]
        {
            let refused = at(move |mut server| {
                send(&mut server, &greeting(b"mysql_native_password", b"5.5.5-10.11.6-MariaDB"));
                assert!(!contains(&receive(&mut server), b"hunter2"));
                send(&mut server, &[&[0xfe], plugin].concat());
                let mut left = Vec::new();
                assert!(!server.next_packet(&mut left).unwrap_or(false), "nothing more is said: {left:?}");
            });
            assert!(matches!(&refused, Err(Fault::SignIn(name)) if name == named), "{refused:?}");
        }
    }

    #[test]
    fn before_it_is_encrypted_nobody_is_told_who_we_are_and_nothing_more_is_heard() {
        let closed = over(Some(Tls::Encrypted), |mut server| {
            send(&mut server, &greeting(b"caching_sha2_password", b"8.4.0"));
            let request = receive(&mut server);
            assert_eq!(request.len(), 32, "a request to encrypt, and no name");
        });
        assert!(matches!(closed, Err(Fault::Lost(_))), "{closed:?}");
        let injected = over(Some(Tls::Encrypted), |mut server| {
            let mut both = bytes::BytesMut::new();
            for packet in [&greeting(b"caching_sha2_password", b"8.4.0")[..], &[0, 0, 0, 2, 0, 0, 0]] {
                server.codec_mut().encode(&mut &*packet, &mut both).unwrap();
            }
            std::io::Write::write_all(server.get_mut(), &both).unwrap();
            let mut heard = Vec::new();
            std::io::Read::read_to_end(server.get_mut(), &mut heard).unwrap();
            assert!(!contains(&heard, b"doorbell"), "{heard:?}");
        });
        assert!(matches!(injected, Err(Fault::Strange("it says more before it encrypts"))), "{injected:?}");
    }

    #[test]
    fn a_server_that_is_none_is_not_told_anything() {
        for words in [&b"SSH-2.0-OpenSSH_9.2\r\n"[..], b"220 mail.example.com\r\n", b"\x01\0\0\0\x0a", b"\0\0\0\0"] {
            let refused = at(move |server| {
                let (_, _, _, mut stream) = server.destruct();
                std::io::Write::write_all(&mut stream, words).unwrap();
            });
            assert!(matches!(refused, Err(Fault::Strange(_))), "{refused:?}");
        }
        let busy = at(|mut server| send(&mut server, b"\xff\x10\x04#08004Too many connections"));
        let text = "Too many connections";
        assert!(matches!(&busy, Err(Fault::Said { code: 1040, text: said }) if said == text), "{busy:?}");
    }
}
