//! Why somebody does not hear, or not yet.

/// Why somebody does not hear, or not yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The latest message was told before.
    AlreadyTold,
    /// The wait is shorter than the rule's grace.
    Grace,
    /// Older than the limit that keeps a first run from telling a whole backlog.
    BeforeFirstRun,
    /// Written by a guest, and the rule leaves guests out.
    Guest,
    /// The contact is blocked.
    ContactBlocked,
    /// The chatbot has the conversation in hand.
    BotInHand,
    /// The recipient is at the desk.
    AtTheDesk,
    /// The desk does not know where the recipient is, and the settings say to wait then.
    PresenceUnknown,
    /// The recipient's role is left out by the rule.
    RoleLeftOut,
    /// The recipient is not active any more.
    Inactive,
    /// The recipient belongs to another account.
    OtherAccount,
    /// The recipient has no address for this channel.
    NoAddress,
    /// The recipient's phones are on networks that the settings do not reach.
    NoGateway,
    /// The recipient's address cannot be used.
    BadAddress,
    /// The recipient's address was refused, or taken out by a person, and nothing goes to it.
    Blocked,
    /// The same address hears already as another recipient.
    SameAddress,
    /// The recipient has read it.
    Read,
    /// No audience of the rule has anybody.
    NobodyToTell,
    /// It does not wait any more.
    NoLongerWaiting,
    /// It still waits, but not for the recipient.
    NoLongerTheirs,
    /// An earlier attempt of this digest may have arrived; it goes first.
    DeliveryInDoubt,
    /// The rule is not in the settings any more, or has other words.
    RuleChanged,
    /// The recipient switched this event off for the channel.
    SwitchedOff,
    /// The recipient hears only of what they are responsible for.
    NotMine,
    /// The recipient hears of nothing unassigned.
    UnassignedOff,
    /// The recipient muted the conversation's group.
    Muted,
    /// The recipient wrote or did it.
    Sender,
    /// The recipient is not in the conversation's group.
    NoAccess,
    /// The recipient is out of office.
    OutOfOffice,
    /// The recipient does not want text messages.
    NoConsent,
    /// Somebody at the desk has read it.
    ReadByAnother,
    /// The recipient was told once and has not been back since.
    ToldThisAbsence,
    /// A later step of the ladder: its own wait is not over.
    NextStep,
    /// The conversation told the recipient a short while ago.
    Throttled,
    /// The recipient rests.
    QuietHours,
    /// The recipient does not work now.
    OffWork,
    /// The recipient heard as much today as the settings allow.
    DailyCap,
    /// As many text messages as a day may cost were sent.
    TextBudget,
    /// The rule would tell far more than usual, and waits for a person's word.
    Held,
    /// Somebody is told by another rule.
    Covered,
    /// The recipient's phone is pushed to.
    ReplacedByPush,
    /// A person dropped the delivery.
    Dropped,
    /// A person sent it again, and it went along with another delivery.
    Merged,
    /// It was answered.
    Answered,
    /// It was resolved.
    Resolved,
    /// It was snoozed.
    Snoozed,
    /// It was deleted.
    Deleted,
    /// The event is not in force any more.
    Withdrawn,
    /// The deadline was met.
    TargetMet,
}

impl Reason {
    /// Every reason, for tables and for reading the ledger.
    pub const ALL: [Self; 49] = [
        Self::AlreadyTold,
        Self::Grace,
        Self::BeforeFirstRun,
        Self::Guest,
        Self::ContactBlocked,
        Self::BotInHand,
        Self::AtTheDesk,
        Self::PresenceUnknown,
        Self::RoleLeftOut,
        Self::Inactive,
        Self::OtherAccount,
        Self::NoAddress,
        Self::NoGateway,
        Self::BadAddress,
        Self::Blocked,
        Self::SameAddress,
        Self::Read,
        Self::NobodyToTell,
        Self::NoLongerWaiting,
        Self::NoLongerTheirs,
        Self::DeliveryInDoubt,
        Self::RuleChanged,
        Self::SwitchedOff,
        Self::NotMine,
        Self::UnassignedOff,
        Self::Muted,
        Self::Sender,
        Self::NoAccess,
        Self::OutOfOffice,
        Self::NoConsent,
        Self::ReadByAnother,
        Self::ToldThisAbsence,
        Self::NextStep,
        Self::Throttled,
        Self::QuietHours,
        Self::OffWork,
        Self::DailyCap,
        Self::TextBudget,
        Self::Held,
        Self::Covered,
        Self::ReplacedByPush,
        Self::Dropped,
        Self::Merged,
        Self::Answered,
        Self::Resolved,
        Self::Snoozed,
        Self::Deleted,
        Self::Withdrawn,
        Self::TargetMet,
    ];

    /// The word kept in the ledger and printed in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyTold => "already_told",
            Self::Grace => "grace",
            Self::BeforeFirstRun => "before_first_run",
            Self::Guest => "guest",
            Self::ContactBlocked => "contact_blocked",
            Self::BotInHand => "bot_in_hand",
            Self::AtTheDesk => "at_the_desk",
            Self::PresenceUnknown => "presence_unknown",
            Self::RoleLeftOut => "role_left_out",
            Self::Inactive => "inactive",
            Self::OtherAccount => "other_account",
            Self::NoAddress => "no_address",
            Self::NoGateway => "no_gateway",
            Self::BadAddress => "bad_address",
            Self::Blocked => "blocked",
            Self::SameAddress => "same_address",
            Self::Read => "read",
            Self::NobodyToTell => "nobody_to_tell",
            Self::NoLongerWaiting => "no_longer_waiting",
            Self::NoLongerTheirs => "no_longer_theirs",
            Self::DeliveryInDoubt => "delivery_in_doubt",
            Self::RuleChanged => "rule_changed",
            Self::SwitchedOff => "switched_off",
            Self::NotMine => "not_mine",
            Self::UnassignedOff => "unassigned_off",
            Self::Muted => "muted",
            Self::Sender => "sender",
            Self::NoAccess => "no_access",
            Self::OutOfOffice => "out_of_office",
            Self::NoConsent => "no_consent",
            Self::ReadByAnother => "read_by_another",
            Self::ToldThisAbsence => "told_this_absence",
            Self::NextStep => "next_step",
            Self::Throttled => "throttled",
            Self::QuietHours => "quiet_hours",
            Self::OffWork => "off_work",
            Self::DailyCap => "daily_cap",
            Self::TextBudget => "text_budget",
            Self::Held => "held",
            Self::Covered => "covered",
            Self::ReplacedByPush => "replaced_by_push",
            Self::Dropped => "dropped",
            Self::Merged => "merged",
            Self::Answered => "answered",
            Self::Resolved => "resolved",
            Self::Snoozed => "snoozed",
            Self::Deleted => "deleted",
            Self::Withdrawn => "withdrawn",
            Self::TargetMet => "target_met",
        }
    }

    /// Reads what [`Reason::code`] wrote.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The half sentence for people, after "not told:" or "later:".
    pub fn sentence(&self) -> &'static str {
        match self {
            Self::AlreadyTold => "nothing new since it was told",
            Self::Grace => "its grace is not over",
            Self::BeforeFirstRun => "older than 24 hours when the rule first ran",
            Self::Guest => "written by a guest, and the rule leaves guests out",
            Self::ContactBlocked => "the contact is blocked",
            Self::BotInHand => "the chatbot has it in hand",
            Self::AtTheDesk => "at the desk",
            Self::PresenceUnknown => "the desk does not know where they are, and presence.unknown is \"online\"",
            Self::RoleLeftOut => "the rule leaves out this role",
            Self::Inactive => "not active any more",
            Self::OtherAccount => "belongs to another account",
            Self::NoAddress => "no address for this channel",
            Self::NoGateway => "their phones are on networks that the settings do not reach",
            Self::BadAddress => "the address cannot be used",
            Self::Blocked => "the address is blocked, as doorbell suppress list says",
            Self::SameAddress => "the same address hears already",
            Self::Read => "has read it",
            Self::NobodyToTell => "no audience of the rule has anybody",
            Self::NoLongerWaiting => "it does not wait any more",
            Self::NoLongerTheirs => "it is not for them any more",
            Self::DeliveryInDoubt => "an earlier attempt may have arrived and is settled first",
            Self::RuleChanged => "the rule is not in the settings any more, or has other words",
            Self::SwitchedOff => "switched off in their preferences",
            Self::NotMine => "they hear only of what they are responsible for",
            Self::UnassignedOff => "they switched off what nobody is assigned to",
            Self::Muted => "they muted the group",
            Self::Sender => "wrote or did it",
            Self::NoAccess => "is not in the conversation's group",
            Self::OutOfOffice => "is out of office",
            Self::NoConsent => "does not want text messages",
            Self::ReadByAnother => "somebody at the desk has read it",
            Self::ToldThisAbsence => "told once, and not back since",
            Self::NextStep => "the wait of this channel is not over",
            Self::Throttled => "told about this conversation a short while ago",
            Self::QuietHours => "their quiet hours",
            Self::OffWork => "outside their working hours",
            Self::DailyCap => "heard as much today as the settings allow one recipient",
            Self::TextBudget => "as many text messages as sms.per_day allows were sent today",
            Self::Held => "the rule would tell far more than usual, and is held",
            Self::Covered => "somebody is told by another rule",
            Self::ReplacedByPush => "their phone is pushed to instead",
            Self::Dropped => "dropped by a person",
            Self::Merged => "it went along with another delivery",
            Self::Answered => "it was answered",
            Self::Resolved => "the conversation was resolved",
            Self::Snoozed => "the conversation was snoozed",
            Self::Deleted => "the conversation or the message was deleted",
            Self::Withdrawn => "it was withdrawn",
            Self::TargetMet => "the target was met",
        }
    }

    /// Whether a digest may be queued for the end of the wait: nothing new has to be looked up for it.
    pub fn can_be_queued(&self) -> bool {
        matches!(self, Self::QuietHours | Self::OffWork)
    }
}
