//! The nouns of the trade, in the order a pass meets them.
//! Plain values: no room below, no clock, no connection.

mod address;
mod channel;
mod decision;
mod delivery;
mod desk;
mod gateway;
mod hours;
mod ids;
mod language;
mod people;
mod reason;
mod rule;
mod slot;
mod told;
mod watch;
mod why;
mod words;

pub use address::{display_name, email_address, masked, phone_number};
pub use channel::Channel;
pub use decision::{Decision, Verdict};
pub use delivery::{Delivery, Digest, Item, OnAmbiguous, Outcome, Recipient, Reply};
pub use desk::{Attachment, BodyFormat, BotState, Conversation, Event, Facts, MessageRef, Pending, Status};
pub use gateway::Gateway;
pub use hours::{Availability, Hours};
pub use ids::{AccountId, AgentId, ContactId, ConversationId, GroupId, MessageId, RecipientId, RuleName};
pub use language::Language;
pub use people::{
    Agent, Contact, ContactKind, Device, Group, Preference, Presence, PresenceStatus, Provider, Role, Scope,
};
pub use reason::Reason;
pub use rule::{Audience, Named, ReadBy, Repeat, Rule, Show, Sound, Step, Surface, Tell, Throttle, When};
pub use slot::Slot;
pub use told::{Mark, Told};
pub use watch::{Relation, Watch};
pub use why::{Assignee, Why};
pub use words::{Earlier, Entry, Letter, Note, Words};
