//! What a person can do when a network would not have it.

use super::super::notes;
use crate::model::Outcome;

/// What a person can do about an outcome, in a sentence; empty where nothing needs doing.
pub fn remedy(outcome: &Outcome) -> &'static str {
    let Outcome::Misconfigured { key, .. } = outcome else {
        let by_file = outcome.reply().code.is_empty() && outcome.reply().text.starts_with("write to the outbox");
        return if by_file { notes::remedy(outcome) } else { of_one(outcome) };
    };
    match *key {
        "push.outbox" => notes::remedy(outcome),
        "push.apns.sandbox" => {
            "tokens of development builds want sandbox = true, and all others sandbox = false; or this device is gone"
        }
        "push.apns.topic" => "write the bundle id of the app that registered the device, and let the key be for it",
        "push.apns.key_file" => {
            "compare key_id, team_id and the key with the developer account, and look at this machine's clock"
        }
        "push.fcm" => "the phones were registered by another Firebase project; take the service account of theirs",
        "push.fcm.service_account_file" => {
            "make a new key of the service account in the Firebase console, let it send messages, and look at this \
             machine's clock"
        }
        "push.onesignal.app_id" => "copy the app's id from Settings, Keys & IDs",
        "push.onesignal.key" | "push.onesignal.key_file" => "copy an App API key of this app from Settings, Keys & IDs",
        "push.beams.instance" => "copy the instance's id from the dashboard, Keys",
        "push.beams.key" | "push.beams.key_file" => {
            "copy the primary key from the dashboard, Keys, and look at the plan"
        }
        "http.ca_file" => "name the authority of the proxy in http.ca_file, or install the system's certificates",
        _ => "",
    }
}

/// What a person can do about one notification that did not go.
fn of_one(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) | Outcome::Misconfigured { .. } => "",
        Outcome::Deferred(..) => "it is tried again in a later pass",
        Outcome::Unknown(_) => "whether it was shown only its owner can see",
        Outcome::RefusedRecipient(_) => "the app has to register this phone anew, with a new token in devices",
        Outcome::RefusedMessage(_) => "look the network's word up in its documentation",
    }
}
