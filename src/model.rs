//! The nouns of the trade, in the order a pass meets them.
//! Plain values: no room below, no clock, no connection.

mod address;
mod decision;
mod delivery;
mod desk;
mod ids;
mod rule;
mod slot;
mod told;
mod words;

pub use address::{display_name, email_address, masked};
pub use decision::{Assignee, Decision, Reason, Verdict, Why};
pub use delivery::{Delivery, Digest, Item, Outcome, Recipient, Reply};
pub use desk::{
    Agent, Attachment, BodyFormat, BotState, Contact, ContactKind, Conversation, Facts, Group, MessageRef, Pending,
    Presence, PresenceStatus, Role, Status,
};
pub use ids::{AccountId, AgentId, ContactId, ConversationId, GroupId, MessageId, RecipientId, RuleName};
pub use rule::{Audience, Channel, Named, Rule, Show, Tell, Watch, When};
pub use slot::Slot;
pub use told::{Mark, Told};
pub use words::{Earlier, Entry, Letter, Words};
