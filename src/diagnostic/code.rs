//! The table of codes: each kind of mistake has one row here and one page under `docs/errors/`.

/// A kind of mistake.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Code {
    /// As shown, `N0401`.
    pub id: &'static str,
    pub title: &'static str,
    /// The exit status of a command that ends with it: 1 for files with errors, 2 where it could not run.
    pub status: u8,
}

/// The code of that number, in any letter case.
pub fn code(id: &str) -> Option<&'static Code> {
    CODES.iter().copied().find(|code| code.id.eq_ignore_ascii_case(id))
}

macro_rules! codes {
    ($($name:ident $id:literal $status:literal $title:literal;)*) => {
        impl Code {
            $(pub const $name: &'static Code = &Code { id: $id, title: $title, status: $status };)*
        }

        /// Every code, in order.
        pub const CODES: &[&Code] = &[$(Code::$name),*];
    };
}

codes! {
    UNEXPECTED       "N0101" 1 "text that has no meaning here";
    MISSING_LAYER    "N0102" 1 "a layer is missing";
    MISSING_ARROW    "N0103" 1 "an arrow is missing between two layers";
    WRONG_ARROW      "N0104" 1 "an arrow is spelled differently";
    BRACKET          "N0105" 1 "a bracket has no partner";
    MALFORMED_VALUE  "N0106" 1 "a value is missing or malformed";
    MISPLACED        "N0107" 1 "a statement stands in the wrong place, or twice";
    INCOMPLETE       "N0108" 1 "a statement is not complete";
    NO_NETWORK       "N0109" 1 "the file holds no network";
    LIMIT            "N0110" 1 "a limit of the language is passed";
    EDITION          "N0111" 1 "this edition of the language is not known";
    NUMBER           "N0112" 1 "a number is too large";
    ENCODING         "N0113" 1 "the file is not UTF-8 text";

    UNKNOWN_LAYER    "N0201" 1 "no layer or block has this name";
    UNKNOWN_VALUE    "N0202" 1 "no value has this name";
    UNKNOWN_LABEL    "N0203" 1 "no label of this name can be seen from here";
    TAKEN            "N0204" 1 "this name is taken";
    IMPORT           "N0205" 1 "an import cannot be found, or clashes";
    FOREIGN          "N0206" 1 "this layer has another name here";

    UNKNOWN_ARGUMENT "N0301" 1 "the layer has no such argument";
    MISSING_ARGUMENT "N0302" 1 "an argument must be given";
    EXTRA_ARGUMENT   "N0303" 1 "there are more arguments than the layer takes";
    REPEATED         "N0304" 1 "an argument is given twice";
    WRONG_KIND       "N0305" 1 "an argument is of another kind";
    OUT_OF_RANGE     "N0306" 1 "an argument is out of range";
    ARITHMETIC       "N0307" 1 "a computation has no result";
    ORDER            "N0308" 1 "a positional argument follows a named one";

    FEATURES         "N0401" 1 "a layer is written for another number of values";
    CHANNELS         "N0402" 1 "a layer is written for another number of channels";
    EMPTY            "N0403" 1 "a layer's output would be empty";
    MERGE            "N0404" 1 "the values to be merged differ in shape";
    SEQUENCE         "N0405" 1 "the input cannot be cut into such a sequence";
    SCORES           "N0406" 1 "the scores are not as many as the classes";
    INPUT_KIND       "N0407" 1 "a layer cannot read this kind of input";
    DIVISION         "N0408" 1 "a number does not divide the other";
    ADAPTER          "N0409" 1 "an adapter is put in, which --strict forbids";

    UNMERGED         "N0501" 1 "branches end without a merge";
    NOTHING_TO_MERGE "N0502" 1 "a merge has nothing to merge";
    RECURSION        "N0503" 1 "a definition contains itself";
    UNNAMED_OUTPUTS  "N0504" 1 "several outputs have no names";
    UNTRAINABLE      "N0505" 1 "no output has a loss";
    OPEN_CHOICE      "N0506" 1 "a file with choices stands for several networks";

    RECIPE_SYNTAX    "N0601" 1 "a recipe is not YAML that can be read";
    UNKNOWN_KEY      "N0602" 1 "a recipe has no such key";
    RECIPE_KIND      "N0603" 1 "a setting is of another kind";
    RECIPE_RANGE     "N0604" 1 "a setting is out of range";
    UNKNOWN_CHOICE   "N0605" 1 "a setting has no such choice";
    UNUSED_KEY       "N0606" 1 "a setting is not used here";
    REPEATED_KEY     "N0607" 1 "a key is given twice";
    RECIPE_FIT       "N0608" 1 "a setting does not fit the network or the data";
    LOSS_TEXT        "N0609" 1 "a loss cannot be read";
    REPORT           "N0610" 1 "a report or its results cannot be read";
    SWEEP            "N0611" 1 "a sweep cannot be made of this";
    MISSING_KEY      "N0612" 1 "a key is missing";

    DATA_MISSING     "N0701" 2 "a data set is not where it was looked for";
    DATA_DAMAGED     "N0702" 1 "a data file is damaged or holds something else";
    DATA_UNKNOWN     "N0703" 2 "no data set has this name";
    DATA_SHAPE       "N0704" 1 "the images do not fit the network";
    CLASS_UNKNOWN    "N0705" 1 "a class is not in the data set";
    TOO_FEW          "N0706" 1 "there are too few images or classes";
    UNREACHABLE      "N0707" 2 "a download did not succeed";
    TOO_LARGE        "N0708" 1 "the images do not fit in memory";

    CHECKPOINT       "N0801" 1 "a file is not a checkpoint of netc, or is damaged";
    RUN_EXISTS       "N0802" 2 "the run's folder exists";
    WRITE            "N0803" 2 "a file cannot be written";
    READ             "N0804" 2 "a file cannot be read";
    MISMATCH         "N0805" 1 "a checkpoint does not fit its network";
    NOT_FINITE       "N0806" 1 "the loss is no longer a number";
    NOT_A_RUN        "N0807" 2 "a folder is not a run of netc";
    UNKNOWN_CODE     "N0808" 2 "no code has this name";
    STOPPED          "N0809" 1 "training was stopped before its end";
    RUN_LOCKED       "N0810" 2 "another process is writing the run";
    NOTHING_TO_RESUME "N0811" 2 "a run has nothing to resume";
    OTHER_BUILD      "N0812" 2 "a run was begun on another machine or by another netc";
    WEIGHTS          "N0813" 1 "weights do not fit the network";
    MEMORY           "N0814" 2 "training would not fit in memory";
    NOT_COMPACT      "N0815" 1 "a smaller network cannot be written in this text";
    NOTHING_TO_PRUNE "N0816" 1 "nothing of the network can be pruned";
    NOT_COMPARABLE   "N0817" 1 "runs cannot be compared";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_unique() {
        assert!(CODES.is_sorted_by(|a, b| a.id < b.id));
        assert_eq!(code("n0401"), Some(Code::FEATURES));
        assert_eq!(code("401"), None);
    }
}
