//! Why somebody hears.

use std::sync::Arc;

use super::Watch;

/// What is with the assignee when the group hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody is assigned.
    Nobody,
    /// Somebody is assigned who cannot be told.
    Unreachable,
    /// Somebody is assigned who can be told as well: no reason for the group to hear.
    Reachable,
}

/// Why somebody hears: part of the digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Responsible for the conversation.
    Assignee,
    /// Answered last.
    LastAgent,
    /// Named by the event.
    Target(Watch),
    /// A member of the conversation's group.
    Group {
        /// The group's display name.
        name: Arc<str>,
        /// What is with the assignee meanwhile.
        assignee: Assignee,
    },
    /// Offline, when the agents who are offline hear.
    Offline,
    /// Every agent hears.
    AllAgents,
    /// A supervisor.
    Supervisor,
    /// Stands in for somebody who is out of office.
    StandIn {
        /// Whom they stand in for, by display name.
        of: Arc<str>,
    },
    /// Asked, and was answered.
    Contact,
    /// Named in the settings.
    Person,
    /// The operator, because nobody else could be told.
    Uncovered,
}

impl Why {
    /// The word kept in the ledger.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Assignee => "assignee",
            Self::LastAgent => "last_agent",
            Self::Target(_) => "target",
            Self::Group { .. } => "group",
            Self::Offline => "offline_agents",
            Self::AllAgents => "all_agents",
            Self::Supervisor => "supervisors",
            Self::StandIn { .. } => "stand_in",
            Self::Contact => "contact",
            Self::Person => "person",
            Self::Uncovered => "uncovered",
        }
    }

    /// Reads what [`Why::code`] wrote: the kind of reason survives in the ledger, names are read from the desk again.
    pub fn parse(code: &str) -> Self {
        match code {
            "assignee" => Self::Assignee,
            "last_agent" => Self::LastAgent,
            "target" => Self::Target(Watch::Assigned),
            "group" => Self::Group { name: "the group".into(), assignee: Assignee::Reachable },
            "offline_agents" => Self::Offline,
            "all_agents" => Self::AllAgents,
            "supervisors" => Self::Supervisor,
            "stand_in" => Self::StandIn { of: "a colleague".into() },
            "contact" => Self::Contact,
            "uncovered" => Self::Uncovered,
            _ => Self::Person,
        }
    }

    /// The half sentence shown to the recipient, after "because".
    pub fn sentence(&self) -> String {
        match self {
            Self::Assignee => "you are assigned".into(),
            Self::LastAgent => "you answered last".into(),
            Self::Target(Watch::Assigned) => "it was assigned to you".into(),
            Self::Target(Watch::Transferred) => "it was transferred to you".into(),
            Self::Target(Watch::Invited) => "you were asked to join".into(),
            Self::Target(_) => "it concerns you".into(),
            Self::Group { name, assignee } => match assignee {
                Assignee::Nobody => format!("nobody is assigned and you are in {name}"),
                Assignee::Unreachable => format!("the assignee cannot be told and you are in {name}"),
                Assignee::Reachable => format!("you are in {name}"),
            },
            Self::Offline => "agents who are offline are told".into(),
            Self::AllAgents => "every agent is told".into(),
            Self::Supervisor => "you are a supervisor".into(),
            Self::StandIn { of } => format!("you stand in for {of}, who is out of office"),
            Self::Contact => "it is your conversation".into(),
            Self::Person => "the settings name you".into(),
            Self::Uncovered => "nobody else could be told".into(),
        }
    }
}
