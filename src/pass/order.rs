//! What this pass was asked to do.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::model::{ConversationId, RecipientId, RuleName};

/// What `run` was asked for on the command line.
#[derive(Debug, Clone)]
pub struct Order {
    /// Only this rule.
    pub rule: Option<RuleName>,
    /// Every rule now, whether its slot is due or not; no slot is taken.
    pub ignore_schedule: bool,
    /// Only this conversation; no slot is taken.
    pub conversation: Option<ConversationId>,
    /// Only this recipient; no slot is taken.
    pub person: Option<RecipientId>,
    /// Every mail goes to this address instead; nothing goes out by other channels.
    pub redirect_to: Option<Arc<str>>,
    /// No new delivery is begun after this time.
    pub budget: Duration,
    /// Set from outside to end the pass early: what is on the wire is waited for, nothing more begins.
    pub stop: Arc<AtomicBool>,
}

impl Default for Order {
    /// A pass as cron starts it. Four minutes keep it out of the way of the next one.
    fn default() -> Self {
        Self {
            rule: None,
            ignore_schedule: false,
            conversation: None,
            person: None,
            redirect_to: None,
            budget: Duration::from_mins(4),
            stop: Arc::default(),
        }
    }
}

impl Order {
    /// Whether only some conversations or people are looked at: such a run must not use up a slot of everybody.
    pub fn is_limited(&self) -> bool {
        self.conversation.is_some() || self.person.is_some()
    }

    /// Whether the schedule decides which rules run.
    pub fn follows_schedule(&self) -> bool {
        !self.ignore_schedule && !self.is_limited()
    }
}
