//! Codes and lints -> their pages under `docs/errors/`, embedded in the binary.

macro_rules! pages {
    ($($id:literal)*) => {
        const PAGES: &[(&str, &str)] = &[$(($id, include_str!(concat!("../../docs/errors/", $id, ".md")))),*];
    };
}

pages! {
    "N0101" "N0102" "N0103" "N0104" "N0105" "N0106" "N0107" "N0108" "N0109" "N0110" "N0111" "N0112" "N0113"
    "N0201" "N0202" "N0203" "N0204" "N0205" "N0206"
    "N0301" "N0302" "N0303" "N0304" "N0305" "N0306" "N0307" "N0308"
    "N0401" "N0402" "N0403" "N0404" "N0405" "N0406" "N0407" "N0408" "N0409"
    "N0501" "N0502" "N0503" "N0504" "N0505" "N0506"
    "N0601" "N0602" "N0603" "N0604" "N0605" "N0606" "N0607" "N0608" "N0609" "N0610" "N0611" "N0612"
    "N0701" "N0702" "N0703" "N0704" "N0705" "N0706" "N0707" "N0708"
    "N0801" "N0802" "N0803" "N0804" "N0805" "N0806" "N0807" "N0808" "N0809"
    "N0810" "N0811" "N0812" "N0813" "N0814" "N0815" "N0816" "N0817"
    "missing-activation" "double-softmax" "dropout-before-batchnorm" "shrinks-to-one" "drops-last-row"
    "unused-label" "unused-block" "unused-value" "guessed-input"
    "unusual-first-loss" "no-gradient" "dead-relu"
}

/// The page of a code, lint or note, in any letter case.
pub fn page(name: &str) -> Option<&'static str> {
    PAGES.iter().find(|(id, _)| id.eq_ignore_ascii_case(name)).map(|(_, text)| *text)
}

/// The names of all pages.
pub fn page_names() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(id, _)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::CODES;

    #[test]
    fn every_code_has_a_page_that_names_it() {
        for code in CODES {
            let text = page(code.id).unwrap_or_else(|| panic!("{} has no page", code.id));
            assert!(text.starts_with(&format!("# {}: {}\n", code.id, code.title)), "{}", code.id);
        }
        assert_eq!(page("n0401"), page("N0401"));
    }
}
