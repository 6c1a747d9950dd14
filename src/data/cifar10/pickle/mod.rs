//! A Python pickle -> plain values. Nothing in it is called: what would be an object stays a name with its arguments.
//!
//! Values stand in one list and refer to each other by number, so no pickle can nest deeper, or grow larger by its memo,
//! than its own length.

mod machine;

use machine::Machine;

/// More operations than any batch needs; its 10,000 names and labels take 60,000.
const OPERATIONS: usize = 1 << 20;

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    pub at: usize,
    pub what: String,
}

#[derive(Debug, PartialEq)]
pub enum Value<'a> {
    /// None, and whatever is not needed.
    Nothing,
    Bool(bool),
    Int(i64),
    /// Bytes, and the strings of Python 2.
    Bytes(&'a [u8]),
    Text(&'a str),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Dict(Vec<[usize; 2]>),
    /// A class or function, by module and name.
    Global(String, String),
    Object {
        function: usize,
        arguments: usize,
        state: Option<usize>,
    },
}

/// A pickle's values.
#[derive(Debug)]
pub struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: usize,
}

impl<'a> Pickle<'a> {
    /// # Errors
    /// A fault where the bytes are no whole pickle, or one of a kind that NumPy's arrays do not need.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut machine = Machine::new(bytes);
        for _ in 0..OPERATIONS {
            let start = machine.at();
            if let Some(root) = machine.step().map_err(|what| Fault { at: start, what })? {
                return Ok(Self { values: machine.into_values(), root });
            }
        }
        Err(Fault { at: machine.at(), what: format!("the pickle has more than {OPERATIONS} operations") })
    }

    pub fn root(&self) -> &Value<'a> {
        &self.values[self.root]
    }

    pub fn value(&self, number: usize) -> &Value<'a> {
        &self.values[number]
    }

    /// The value of a key; the last one, where there are several.
    pub fn entry(&self, dictionary: &Value<'a>, key: &str) -> Option<&Value<'a>> {
        let Value::Dict(entries) = dictionary else { return None };
        let entry = entries.iter().rev().find(|[name, _]| self.text(*name).as_deref() == Some(key));
        entry.map(|[_, value]| self.value(*value))
    }

    pub fn text(&self, number: usize) -> Option<String> {
        match self.value(number) {
            Value::Text(text) => Some((*text).to_string()),
            Value::Bytes(bytes) => String::from_utf8(bytes.to_vec()).ok(),
            _ => None,
        }
    }

    /// A function's name without its module, which NumPy has moved over time.
    pub fn function(&self, number: usize) -> Option<String> {
        match self.value(number) {
            Value::Global(_, name) => Some(name.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(bytes: &[u8]) -> (usize, String) {
        let Fault { at, what } = Pickle::parse(bytes).expect_err("a fault");
        (at, what)
    }

    #[test]
    fn values_are_read_and_remembered() {
        let pickle = Pickle::parse(b"\x80\x02}q\x00(U\x01aK\x05X\x01\x00\x00\x00b](J\xff\xff\xff\xffh\x00eu.").unwrap();
        assert_eq!(pickle.entry(pickle.root(), "a"), Some(&Value::Int(5)));
        let Some(Value::List(items)) = pickle.entry(pickle.root(), "b") else { panic!("no list") };
        assert_eq!((pickle.value(items[0]), pickle.value(items[1])), (&Value::Int(-1), pickle.root()));
    }

    #[test]
    fn nothing_is_called() {
        let pickle = Pickle::parse(b"cos\nsystem\n(U\x04exitt\x52.").unwrap();
        let Value::Object { function, .. } = pickle.root() else { panic!("no object") };
        assert_eq!(pickle.value(*function), &Value::Global("os".into(), "system".into()));
    }

    #[test]
    fn what_is_no_pickle_is_a_fault_with_its_place() {
        let check = |bytes: &[u8], at, what: &str| assert_eq!(fault(bytes), (at, what.to_string()));
        check(b"", 0, "1 bytes are promised, but the file ends after 0");
        check(b"PK\x03\x04", 0, "0x50 is no operation of a pickle that holds images");
        check(b"B\xff\xff\xff\xffab", 0, "4294967295 bytes are promised, but the file ends after 2");
        check(
            b"\x8e\xff\xff\xff\xff\xff\xff\xff\xffa",
            0,
            &format!("{} bytes are promised, but the file ends after 1", u64::MAX),
        );
        check(b"K\x01a", 2, "there is no list");
        check(b"(u", 1, "there is no dictionary");
        check(b"K\x01(.", 3, "a value is missing");
    }

    #[test]
    fn deep_and_endless_pickles_are_faults_or_values_and_never_crash() {
        let deep = [b")".to_vec(), vec![0x85; 500_000], b".".to_vec()].concat();
        assert!(Pickle::parse(&deep).is_ok());
        let long = vec![b'N'; OPERATIONS + 10];
        assert_eq!(fault(&long), (OPERATIONS, format!("the pickle has more than {OPERATIONS} operations")));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_crash_it(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
            let _ = Pickle::parse(&bytes);
        }
    }
}
