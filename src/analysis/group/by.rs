//! What goroutines can be grouped by.

/// The key of a grouping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// The canonical stack, file and line included, and the state.
    #[default]
    Stack,
    /// The innermost frame outside of the standard library.
    User,
    /// The innermost frame.
    Top,
    /// The `go` statement.
    CreatedBy,
    /// The outermost frame: the function that the goroutine runs.
    Start,
    /// The state.
    State,
    /// The package of the user frame.
    Package,
    /// The wait, in steps.
    Wait,
    /// The value of a label.
    Label(String),
}

impl By {
    /// The names, with Delve's behind the own ones.
    pub const NAMES: &'static str = "stack, user (userloc), top (curloc), created-by (goloc), \
                                     start (startloc), state, package, wait, label:KEY";

    /// The key called `name`, by gdump's names or Delve's.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "stack" => Self::Stack,
            "user" | "userloc" => Self::User,
            "top" | "curloc" => Self::Top,
            "created-by" | "goloc" => Self::CreatedBy,
            "start" | "startloc" => Self::Start,
            "state" => Self::State,
            "package" | "pkg" => Self::Package,
            "wait" => Self::Wait,
            _ => Self::Label(name.strip_prefix("label:").filter(|k| !k.is_empty())?.to_owned()),
        })
    }

    /// The own name.
    pub fn name(&self) -> String {
        match self {
            Self::Stack => "stack".to_owned(),
            Self::User => "user".to_owned(),
            Self::Top => "top".to_owned(),
            Self::CreatedBy => "created-by".to_owned(),
            Self::Start => "start".to_owned(),
            Self::State => "state".to_owned(),
            Self::Package => "package".to_owned(),
            Self::Wait => "wait".to_owned(),
            Self::Label(key) => format!("label:{key}"),
        }
    }
}
