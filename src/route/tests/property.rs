//! Whatever the office is like: every decision has its reason, and everybody is decided about once.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn every_decision_names_its_reason_and_nobody_is_decided_twice(
        assigned in proptest::option::of(0_usize..4), grouped in any::<bool>(), away in any::<bool>(), at_desk in 0_u8..8,
        marked in 0_u8..8, left in 0_u8..8, now in 0_i64..120, unread in any::<bool>(),
    ) {
        let mut desk = Desk::new();
        let names = ["ada", "bob", "cy"];
        desk.conversation().assignee = assigned.map(|index| names.get(index).copied().unwrap_or("ghost").into());
        if !grouped { desk.conversation().group = None; }
        desk.rule.when = if away { When::Away } else { When::Always };
        desk.rule.watch = if unread { Watch::Unread } else { Watch::Unreplied };
        desk.now = nine() + minutes(now);
        for (bit, name) in names.iter().enumerate() {
            if at_desk & (1 << bit) != 0 {
                desk.facts.presence.insert((*name).into(), vec![online()]);
            }
            if marked & (1 << bit) != 0 { desk.marked(name, desk.pending.latest.clone()); }
            if left & (1 << bit) != 0 { desk.agent(name, |agent| agent.active = false); }
        }
        let decisions = desk.decisions();
        prop_assert!(!decisions.is_empty());
        let mut seen = std::collections::HashSet::new();
        for decision in &decisions {
            prop_assert!(seen.insert((decision.recipient.clone(), decision.channel)), "{decision:?} twice");
            if let Verdict::Told(why) = &decision.verdict {
                let agent = decision.recipient.as_ref().and_then(RecipientId::agent).unwrap();
                prop_assert!(desk.facts.agents[agent].active);
                prop_assert!(desk.now >= nine() + minutes(5));
                prop_assert!(desk.told.mark(&decision.conversation, "", &decision.rule, decision.recipient.as_ref().unwrap(), Channel::Email).is_none());
                prop_assert_eq!(matches!(why, Why::Assignee), desk.facts.conversations[&decision.conversation].assignee.as_ref() == Some(agent));
            }
        }
    }
}
