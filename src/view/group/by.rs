//! What goroutines can be grouped by.

/// The key of a grouping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum By {
    /// The canonical stack, file and line included, and the state.
    #[default]
    Stack,
    /// Every frame as it was printed, the runtime's included, and the state.
    Exact,
    /// The functions of the canonical stack without their lines, and the state.
    Functions,
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

    /// Whether groups are of stacks and states.
    pub fn is_stack(&self) -> bool {
        matches!(self, Self::Stack | Self::Exact | Self::Functions)
    }

    /// The own name.
    pub fn name(&self) -> String {
        match self {
            Self::Stack => "stack".to_owned(),
            Self::Exact => "stack-exact".to_owned(),
            Self::Functions => "stack-functions".to_owned(),
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

/// What stacks must have in common to be alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Similarity {
    /// Every frame as it was printed.
    Exact,
    /// Functions and lines of what is shown.
    Line,
    /// Functions of what is shown.
    Function,
}

impl Similarity {
    /// The level called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "exact" => Self::Exact,
            "line" => Self::Line,
            "function" => Self::Function,
            _ => return None,
        })
    }

    /// The key that groups so.
    pub fn by(self) -> By {
        match self {
            Self::Exact => By::Exact,
            Self::Line => By::Stack,
            Self::Function => By::Functions,
        }
    }
}

/// What groups are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupOrder {
    /// Most goroutines first.
    #[default]
    Count,
    /// Longest wait first.
    Wait,
    /// By the name of the key, or of the program's own function.
    Name,
}

impl GroupOrder {
    /// The order called `name`.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "wait" => Self::Wait,
            "name" => Self::Name,
            _ => return None,
        })
    }
}
