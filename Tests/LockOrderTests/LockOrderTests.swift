import Testing
import Waiting

/// The tests that set something of the whole process (the handler of violations) or look at when a thread sleeps. One after the
/// other.
@Suite(.serialized, .bounded)
struct LockOrderTests {}
