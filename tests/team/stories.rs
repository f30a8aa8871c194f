//! What happens in a conversation of the week: one of twelve stories, at a time that the formula gives.

use rusqlite::params;

use super::{GROUPS, Team, mixed};

/// The shape of a conversation. Numbers are minutes after its first message.
const STORIES: [&str; 12] = [
    "ask 0, reply 25, ask 60, reply 80",
    "ask 0, ask 7, ask 190",
    "ask 0, read 12, reply 300",
    "ask 0, reply 340",
    "bot 1, ask 0, ask 9, handover 10, reply 95",
    "ask 0, reply 18, reply 21, reply 55",
    "assigned 1, ask 0, transferred 45, ask 50, reply 170",
    "ask 0, cancelled 4",
    "ask 0, reply 6, ask 20, ask 31, read 33, ask 240",
    "ask 0, assistance 15, invited 16, reply 130",
    "ask 0, warning 60, ask 30",
    "ask 0, reply 11, seen 14, ask 600, breach 660, reply 900",
];

impl Team {
    /// Conversation `number` has the id 1000 + number, and people call it by that too.
    pub(super) fn conversation(&self, number: i64) {
        let id = 1000 + number;
        let began = i64::try_from(mixed(number, 1) % 9_900).unwrap();
        // every tenth begins in the night in which the clocks change
        let began = if number % 10 == 9 { 6 * 1440 + 25 + number } else { began };
        let assignee = (number % 3 != 0).then(|| 5 + i64::try_from(mixed(number, 2) % 46).unwrap());
        let group = (number % 7 != 0).then(|| GROUPS[usize::try_from(mixed(number, 3) % 5).unwrap()].0);
        let contact = 1 + i64::try_from(mixed(number, 4) % 40).unwrap();
        let answers = assignee.unwrap_or(5 + i64::try_from(mixed(number, 5) % 46).unwrap());
        let story = STORIES[usize::try_from(number).unwrap() % STORIES.len()];
        let bot = match () {
            () if story.contains("handover") => "handed_over",
            () if number % 40 == 1 => "answered",
            () => "none",
        };
        let status = if number % 24 == 7 { "resolved" } else { "open" };
        self.put(
            "INSERT INTO conversations(id, number, status, assignee_id, group_id, contact_id, bot_state, created_at)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![id, status, assignee, group, contact, bot, self.minutes(began)],
        );
        if bot == "answered" {
            self.says(id, "bot", None, began + 1);
        }
        for act in story.split(", ") {
            let (what, after) = act.split_once(' ').unwrap();
            let minute = began + after.parse::<i64>().unwrap();
            self.act(id, what, minute, (contact, answers));
        }
    }

    fn act(&self, id: i64, what: &str, minute: i64, (contact, agent): (i64, i64)) {
        match what {
            "ask" => self.says(id, "contact", Some(contact), minute),
            "reply" => self.says(id, "agent", Some(agent), minute),
            "bot" => self.says(id, "bot", None, minute),
            "read" => self.looks(id, "agent", agent, minute),
            "seen" => self.looks(id, "contact", contact, minute),
            "warning" => self.deadline(id, "first_response", minute),
            "breach" => self.deadline(id, "next_response", minute),
            "assistance" => self.event(id, what, Some(agent), None, minute),
            "invited" => self.event(id, what, Some(agent), Some(5 + (agent + 7) % 46), minute),
            "assigned" => self.event(id, what, Some(2), Some(agent), minute),
            "transferred" => self.event(id, what, Some(5 + (agent + 11) % 46), Some(agent), minute),
            _ => self.event(id, what, None, None, minute),
        }
    }

    fn says(&self, conversation: i64, kind: &str, sender: Option<i64>, minute: i64) {
        self.put(
            "INSERT INTO messages(conversation_id, sender_type, sender_id, body, created_at)
             VALUES (?1, ?2, ?3, 'So it is.', ?4)",
            (conversation, kind, sender, self.minutes(minute)),
        );
    }

    fn looks(&self, conversation: i64, kind: &str, reader: i64, minute: i64) {
        let at = self.minutes(minute);
        self.put("INSERT INTO read_cursors VALUES (?1, ?2, ?3, ?4)", (conversation, kind, reader, at));
    }

    fn event(&self, conversation: i64, kind: &str, actor: Option<i64>, target: Option<i64>, minute: i64) {
        self.put(
            "INSERT INTO desk_events(conversation_id, kind, at, actor_id, target_id) VALUES (?1, ?2, ?3, ?4, ?5)",
            (conversation, kind, self.minutes(minute), actor, target),
        );
    }

    fn deadline(&self, conversation: i64, metric: &str, minute: i64) {
        self.put(
            "INSERT INTO sla_deadlines(conversation_id, metric, due_at) VALUES (?1, ?2, ?3)",
            (conversation, metric, self.minutes(minute)),
        );
    }
}
