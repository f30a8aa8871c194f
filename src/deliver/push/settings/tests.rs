//! What `[push]` takes, and how it answers what it does not.

use super::*;
use crate::model::Provider;

const APNS: &str = "[push.apns]\nkey_file = \"key.p8\"\nkey_id = \"ABC123DEFG\"\nteam_id = \"DEF123GHIJ\"\ntopic = \"com.example.app\"\n";
const FCM: &str = "[push.fcm]\nservice_account_file = \"account.json\"\n";
const ONESIGNAL: &str =
    "[push.onesignal]\napp_id = \"01234567-89ab-cdef-0123-456789abcdef\"\nkey = \"${ONESIGNAL_KEY}\"\n";
const BEAMS: &str = "[push.beams]\ninstance = \"01234567-89AB-cdef-0123-456789abcdef\"\nkey_file = \"beams.key\"\n";

#[derive(Deserialize)]
struct File {
    push: Settings,
}

fn read(text: &str) -> Result<Settings, String> {
    toml::from_str(text).map(|file: File| file.push).map_err(|error| error.to_string())
}

#[test]
fn any_network_is_enough() {
    for (text, network) in
        [(APNS, Provider::Apns), (FCM, Provider::Fcm), (ONESIGNAL, Provider::OneSignal), (BEAMS, Provider::Beams)]
    {
        let settings = read(text).unwrap();
        assert_eq!(settings.networks().collect::<Vec<_>>(), [network]);
        let Manner { ttl, message, badge, on_ambiguous } = settings.manner();
        assert_eq!((ttl, message, badge, on_ambiguous), (3600, true, true, OnAmbiguous::Resend));
    }
    let all = read(&[APNS, FCM, ONESIGNAL, BEAMS].concat()).unwrap();
    assert_eq!(all.networks().count(), 4);
    assert!(!all.reaches(Provider::WebPush));
    let files = read("[push]\noutbox = \"out\"\n").unwrap();
    assert_eq!((files.networks().count(), files.writes_files()), (4, true));
}

#[test]
fn what_is_missing_or_contradicts_itself_is_answered_with_line_and_remedy() {
    #[track_caller]
    fn case(text: &str, expected: &[&str]) {
        let error = read(text).unwrap_err();
        for part in expected {
            assert!(error.contains(part), "{part:?} is missing in:\n{error}");
        }
        assert!(error.contains("line") && error.contains('^'), "no place in:\n{error}");
    }
    case("[push]\nttl = \"1h\"\n", &["no network", "[push.fcm]", "outbox"]);
    case(&format!("[push]\noutbox = \"out\"\n{FCM}"), &["both outbox and a network"]);
    case("[push]\noutbox = \"out\"\nttl = \"29d\"\n", &["line 3", "29d", "28d"]);
    case("[push]\noutbox = \"out\"\non_ambiguous = \"wait\"\n", &["line 3", "wait", "hold"]);
    case("[push]\nout = \"out\"\n", &["line 2", "unknown field `out`"]);
    case(&APNS.replace("ABC123DEFG", "abc"), &["line 3", "\"abc\"", "ten capital letters"]);
    case(&APNS.replace("com.example.app", "com.example app"), &["line 5", "com.example app", "bundle id"]);
    case(&APNS.replace("team_id = \"DEF123GHIJ\"\n", ""), &["line 1", "team_id"]);
    case(&format!("{APNS}sandbox = true\nendpoint = \"https://apns.example.com\"\n"), &["both sandbox and endpoint"]);
    case("[push.fcm]\nandroid_channel = \"chat\"\n", &["line 1", "service_account_file"]);
    case(&format!("{FCM}endpoint = \"http://fcm.example.com\"\n"), &["line 3", "fcm.example.com", "https://host"]);
    case(&ONESIGNAL.replace("key =", "app_key ="), &["line 3", "app_key"]);
    case(&ONESIGNAL.replace("key = \"${ONESIGNAL_KEY}\"\n", ""), &["line 1", "no key", "key_file"]);
    case(&format!("{ONESIGNAL}key_file = \"key\"\n"), &["line 1", "both key and key_file"]);
    case(&ONESIGNAL.replace("01234567-", ""), &["line 2", "not such an id"]);
    case(&BEAMS.replace("01234567-", "x"), &["line 2", "not such an id"]);
}

#[test]
fn a_key_does_not_stand_in_the_settings_and_is_not_repeated() {
    let error = read(&ONESIGNAL.replace("${ONESIGNAL_KEY}", "os_v2_app_secret")).unwrap_err();
    assert!(error.contains("${VARIABLE}"), "{error}");
    let message = toml::from_str::<File>(&ONESIGNAL.replace("${ONESIGNAL_KEY}", "os_v2_app_secret")).err().unwrap();
    assert!(!message.message().contains("os_v2_app_secret"));
}
