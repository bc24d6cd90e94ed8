//! Colours as a value: whoever writes text is given a [`Style`] and asks nothing of the terminal.

/// How text is set off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    colored: bool,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing special.
    Plain,
    /// The title of a section, the name of the input.
    Title,
    /// Code of the program.
    User,
    /// Code of the library, hints, what may be skipped over.
    Dim,
    /// A goroutine's state.
    State,
    /// A number that counts.
    Number,
    /// All is well.
    Good,
    /// Something to know.
    Warn,
    /// Something is missing or broken.
    Bad,
}

impl Style {
    /// Without colours.
    pub const fn plain() -> Self {
        Self { colored: false }
    }

    /// With colours.
    pub const fn colored() -> Self {
        Self { colored: true }
    }

    /// Whether there are colours.
    pub const fn is_colored(self) -> bool {
        self.colored
    }

    /// The codes before and after text of this role.
    pub fn codes(self, role: Role) -> (&'static str, &'static str) {
        let before = match role {
            _ if !self.colored => return ("", ""),
            Role::Plain => return ("", ""),
            Role::Title | Role::Number => "\x1b[1m",
            Role::User => "\x1b[1;33m",
            Role::Dim => "\x1b[2m",
            Role::State => "\x1b[36m",
            Role::Good => "\x1b[32m",
            Role::Warn => "\x1b[33m",
            Role::Bad => "\x1b[1;31m",
        };
        (before, "\x1b[0m")
    }
}
