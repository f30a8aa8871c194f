//! The settings that `doorbell init --adapter` writes: one text for all products, and what is different about each.

/// What the settings of a product have of their own.
struct Product {
    adapter: &'static str,
    name: &'static str,
    url: &'static str,
    socket: &'static str,
    link: &'static str,
    presence: &'static str,
    devices: &'static str,
    rules: &'static str,
}

const SETTINGS: &str = include_str!("adapter.toml");

const PRODUCTS: [Product; 4] = [
    Product {
        adapter: "chatwoot",
        name: "Chatwoot",
        url: "postgres://doorbell@db.example.com/chatwoot_production",
        socket: "postgres://doorbell@/chatwoot_production?host=/run/postgresql",
        link: "agent_url = \"https://chatwoot.example.com/app/accounts/{account}/conversations/{number}\"",
        presence: "Chatwoot keeps in Redis alone who is connected: only those who set themselves are known.",
        devices: "Browsers take notifications from Chatwoot's own key only: VAPID_PRIVATE_KEY of its settings.",
        rules: DEADLINES,
    },
    Product {
        adapter: "libredesk",
        name: "Libredesk",
        url: "postgres://doorbell@db.example.com/libredesk",
        socket: "postgres://doorbell@/libredesk?host=/run/postgresql",
        link: "# Libredesk's links name a conversation by a UUID, which is neither its id nor its number: this opens the inbox.
agent_url = \"https://desk.example.com/inboxes/assigned\"",
        presence: "Libredesk knows who was active in the last minutes.",
        devices: "Libredesk keeps no telephones and no browsers, so these need a relation devices of your own.",
        rules: DEADLINES,
    },
    Product {
        adapter: "livehelperchat",
        name: "Live Helper Chat",
        url: "mysql://doorbell@db.example.com/livehelperchat",
        socket: "mysql://doorbell@/livehelperchat?socket=/run/mysqld/mysqld.sock",
        link: "# Without the folder of the installation, and with index.php/ before site_admin where your own links have it.
agent_url = \"https://chat.example.com/site_admin/chat/single/{id}\"",
        presence: "Live Helper Chat's own page asks every few seconds.",
        devices: "Browsers take notifications from Live Helper Chat's own VAPID key only.",
        rules: TRANSFERS,
    },
    Product {
        adapter: "supportboard",
        name: "Support Board",
        url: "mysql://doorbell@db.example.com/supportboard",
        socket: "mysql://doorbell@/supportboard?socket=/run/mysqld/mysqld.sock",
        link: "# The folder of the installation: where you log in as an agent.
agent_url = \"https://www.example.com/supportboard/admin.php?conversation={id}\"",
        presence: "Support Board knows when somebody was active last.",
        devices: "Support Board knows people at OneSignal and Beams by their number; see [push.onesignal] and [push.beams].",
        rules: "",
    },
];

const DEADLINES: &str = "
# An hour before a target of a service agreement is missed.
[rule.deadline]
watch = \"sla_warning\"
before = \"1h\"
schedule = { every = \"5m\" }
tell = [\"assignee\", \"else group\"]
";

const TRANSFERS: &str = "
# A chat was handed to somebody who has not taken it yet.
[rule.transfer]
watch = \"transferred\"
schedule = { every = \"5m\" }
tell = [\"target\"]
";

/// The settings to start from; `None` for a product that does not come with doorbell.
pub(super) fn settings(adapter: &str) -> Option<String> {
    let product = PRODUCTS.iter().find(|product| product.adapter == adapter)?;
    let written = [
        ("@PRODUCT@", product.name),
        ("@ADAPTER@", product.adapter),
        ("@URL@", product.url),
        ("@SOCKET@", product.socket),
        ("@LINK@", product.link),
        ("@PRESENCE@", product.presence),
        ("@DEVICES@", product.devices),
        ("@RULES@", product.rules),
    ];
    let text = written.iter().fold(SETTINGS.to_owned(), |text, (mark, value)| text.replace(mark, value));
    Some(format!("{}\n", text.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::Adapter;

    #[test]
    fn every_adapter_that_comes_with_doorbell_has_settings_without_a_mark_left() {
        for (name, _) in Adapter::SHIPPED {
            let text = settings(name).unwrap_or_else(|| panic!("no settings for {name}"));
            let mark = text.lines().find(|line| line.split('@').count() > 2);
            assert_eq!(mark, None, "{name}");
        }
        assert_eq!((PRODUCTS.len(), settings("acme")), (Adapter::SHIPPED.len(), None));
    }
}
