import LockOrder
import Sysfs
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// What an open attribute answers: docs/kernel/kernfs.md, "Open", "Read", "Write", "After a removal".
@Suite(.bounded) struct OpenFileTests {
    @Test func whoMayOpenDependsOnTheBitsAlone() throws {
        let it = try SampleTree()
        #expect(throws: Errno.EACCES) { try it.open("constant", writing: true) }
        #expect(throws: Errno.EACCES) { try it.open("order", reading: true) }
        #expect(throws: Errno.EISDIR) { try it.tree.open(it.box.inode, reading: true, writing: false) }
        let inode = try it.inode("constant")
        #expect(try it.tree.setStatus(inode) { $0.mode = Permissions(rawValue: 0o666) }.mode.rawValue == 0o666)
        // the bits allow it now, and still there is nothing to store
        #expect(throws: Errno.EIO) { try it.open("constant", writing: true).write("1") }
        #expect(throws: Errno.EIO) { try it.open("secret", reading: true).read(at: 0) }
    }

    @Test func aReadFromTheStartShowsAndTheNextOnesContinue() throws {
        let it = try SampleTree()
        let file = try it.open("value", reading: true)
        #expect(try file.read(at: 0, count: 2) == "ol")
        it.sample.value.withLock { $0 = "new!\n" }
        #expect(try file.read(at: 2) == "d\n")
        #expect(try file.read(at: 4) == "")
        #expect(it.sample.shows.withLock { $0 } == 1)
        // elsewhere, and at the start, it is shown again
        #expect(try file.read(at: 1, count: 2) == "ew")
        #expect(try file.read(at: 0) == "new!\n")
        #expect(try file.read(at: 4096) == "")
        #expect(it.sample.shows.withLock { $0 } == 4)
    }

    /// As with a seq_file: nothing is left of the earlier text, and a read that goes on begins anew.
    @Test func aShowThatFailsLeavesNothingOfAnEarlierOne() throws {
        let it = try SampleTree()
        let file = try it.open("value", reading: true)
        #expect(try file.read(at: 0, count: 2) == "ol")
        it.sample.value.withLock { $0 = "broken" }
        #expect(throws: Errno.EIO) { try file.read(at: 0) }
        #expect(throws: Errno.EIO) { try file.read(at: 2) }
        it.sample.value.withLock { $0 = "new\n" }
        #expect(try file.read(at: 2, count: 3) == "new")
        #expect(try file.read(at: 5) == "\n")
        #expect(try file.read(at: 0) == "new\n")
    }

    @Test func aPageIsAllThatIsShown() throws {
        let it = try SampleTree()
        #expect(try it.open("long", reading: true).read(at: 0, count: 1 << 16).utf8.count == 4095)
    }

    @Test func aWriteIsOneStoreOfAPageAtTheMost() throws {
        let it = try SampleTree()
        let file = try it.open("value", writing: true)
        #expect(try file.write("") == 0)
        #expect(try file.write("5\n") == 2)
        #expect(try file.write(String(repeating: "0", count: 5000)) == 4096)
        #expect(throws: Errno.EINVAL) { try file.write("x") }
        #expect(it.sample.stores.withLock { $0.map(\.count) } == [2, 4096])
    }

    /// Else the one who removes and the one who stores would wait for each other.
    @Test func aRemovalDoesNotWaitForWhoLetsGoOfTheFile() throws {
        let it = try SampleTree()
        let file = try it.open("value", writing: true)
        let box = it.box
        it.sample.during.withLock { $0 = { box.runningFile("value").lettingGo { box.remove() } } }
        #expect(try file.write("1") == 1)
        #expect(throws: Errno.ENODEV) { try file.write("2") }
    }

    @Test func aRemovalWaitsForWhoHasTakenTheFileAgain() throws {
        let it = try SampleTree()
        let order = Leaf<[String]>("order", [])
        let remover = Leaf<TestThread?>("remover", nil)
        it.sample.during.withLock {
            $0 = {
                it.box.runningFile("value").lettingGo {}
                let thread = TestThread("the box is removed") {
                    it.box.remove()
                    order.withLock { $0.append("removed") }
                }
                remover.withLock { $0 = thread }
                waitUntil("the removal has begun") { !it.isThere }
                order.withLock { $0.append("stored") }
            }
        }
        let file = try it.open("value", writing: true)
        #expect(try file.write("1") == 1)
        remover.withLock { $0 }?.join()
        #expect(order.withLock { $0 } == ["stored", "removed"])
    }

    @Test func afterTheRemovalThereIsWhatWasReadBefore() throws {
        let it = try SampleTree()
        let file = try it.open("value", reading: true, writing: true)
        #expect(file.hasEvent)
        #expect(try file.read(at: 0, count: 1) == "o")
        #expect(!file.hasEvent)
        let inode = try it.inode("value")
        it.box.remove()
        #expect(file.hasEvent)
        #expect(try file.read(at: 1) == "ld\n")
        #expect(throws: Errno.ENODEV) { try file.read(at: 4) }
        #expect(throws: Errno.ENODEV) { try file.read(at: 0) }
        #expect(throws: Errno.ENODEV) { try file.write("1") }
        #expect(throws: Errno.ENODEV) { try file.write("") }
        #expect(throws: Errno.ENODEV) { try it.tree.open(inode, reading: true, writing: false) }
    }

    /// The remover waits for a store that runs; the store is not disturbed.
    @Test func aRemovalWaitsForAStore() throws {
        let it = try SampleTree()
        let file = try it.open("value", writing: true)
        let (entered, goOn) = (Event("a store has begun"), Event("the test lets the store go on"))
        it.sample.during.withLock {
            $0 = {
                entered.happens()
                goOn.wait()
            }
        }
        let order = Leaf<[String]>("order", [])
        let store = TestThread("the store ends") {
            _ = try? file.write("1")
            order.withLock { $0.append("stored") }
        }
        entered.wait()
        let box = it.box
        let removal = TestThread("the removal ends") {
            box.remove()
            order.withLock { $0.append("removed") }
        }
        // nobody finds it any more from the moment the removal has begun
        waitUntil("the removal begins") { (try? it.tree.lookUp("value", in: box.inode)) == nil }
        #expect(order.withLock { $0.isEmpty })
        goOn.happens()
        store.join()
        removal.join()
        #expect(order.withLock { $0.contains("removed") })
        #expect(it.sample.stores.withLock { $0.count } == 1)
    }

    /// Of several that remove themselves at once one does; the others wait for it and are content.
    @Test func oneOfManyRemovesItself() throws {
        let it = try SampleTree()
        let bodies = Leaf("bodies", 0)
        let (entered, allIn) = (Event("a store has begun"), Event("all stores have begun"))
        let goOn = Event("the test lets the store go on")
        let box = it.box
        it.sample.during.withLock {
            $0 = {
                entered.happens()
                allIn.wait()
                try? box.removeSelf("value") { () throws(Errno) in
                    goOn.wait()
                    bodies.withLock { $0 += 1 }
                }
            }
        }
        let files = try (0..<4).map { _ in try it.open("value", writing: true) }
        let stores = files.map { file in TestThread("a store ends") { _ = try? file.write("1") } }
        for _ in files { entered.wait() }
        for _ in files { allIn.happens() }
        goOn.happens()
        for store in stores { store.join() }
        #expect(bodies.withLock { $0 } == 1)
        #expect(throws: Errno.ENOENT) { try it.tree.lookUp("value", in: box.inode) }
        #expect(throws: Errno.ENODEV) { try files[0].write("1") }
    }
}
