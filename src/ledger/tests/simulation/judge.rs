//! What the receivers got, held against what was promised.

use super::*;

impl World {
    pub(super) fn judge(&mut self) {
        let open = self.ids("SELECT id FROM doorbell_delivery WHERE state IN ('queued','claimed','sending')");
        if !open.is_empty() {
            self.violations.push(format!("{} deliveries never came to rest", open.len()));
        }
        self.nothing_lost();
        self.nothing_twice();
        let stale = self.got.iter().filter(|got| !got.fresh).count();
        if stale > 0 {
            self.violations.push(format!("{stale} mails told of what was over"));
        }
    }

    fn nothing_lost(&mut self) {
        let mut lost = Vec::new();
        // what is dead or in doubt stands in the operator's list
        let listed = "SELECT count(*) FROM doorbell_delivery JOIN doorbell_item ON delivery_id = id
            WHERE state IN ('dead','unknown') AND recipient || conversation_id || message_at = ?1";
        for person in PEOPLE {
            for (conversation, (message, waits)) in &self.desk {
                let at = (nine() + minutes(*message)).timestamp_millis();
                let told = |got: &Got| got.person == person && got.messages.contains(&(conversation.clone(), at));
                let is_listed = self.number(listed, &format!("agent:{person}{conversation}{at}")) > 0;
                if *waits && !is_listed && !self.got.iter().any(told) {
                    lost.push(format!("{person} never heard of {conversation} m{message}"));
                }
            }
        }
        self.violations.extend(lost);
    }

    fn nothing_twice(&mut self) {
        let mut arrivals: BTreeMap<(String, String, i64), Vec<&Got>> = BTreeMap::new();
        for got in &self.got {
            for (conversation, message) in &got.messages {
                arrivals.entry((got.person.clone(), conversation.clone(), *message)).or_default().push(got);
            }
        }
        let mut twice = Vec::new();
        for (what, got) in arrivals {
            let deliveries: BTreeSet<i64> = got.iter().map(|it| it.delivery).collect();
            let allowed: usize = 1 + deliveries.iter().filter_map(|id| self.doubts.get(id)).sum::<usize>();
            let keys: BTreeSet<&str> = got.iter().map(|it| it.key.as_str()).collect();
            if got.len() > allowed || deliveries.len() > 1 {
                twice.push(format!("{what:?} arrived {} times by {deliveries:?}", got.len()));
            } else if keys.len() > 1 {
                twice.push(format!("{what:?} arrived under {} keys", keys.len()));
            }
        }
        self.violations.extend(twice);
    }
}
