import AdjunctProcessor
import Glibc
import Machine
import SystemAdditions
import SystemPackage
import Testing
import Waiting

/// The machines that are built in, and their names.
@Suite struct NamedMachineTests {
    private static let folder = Repository.root + "/mountpoints/machines"

    private func machine(_ named: NamedMachine) throws -> MachineDescription {
        try MachineDescription(file: named.rawValue)
    }

    @Test(arguments: NamedMachine.allCases) func theTextIsThatOfTheFile(_ named: NamedMachine) throws {
        #expect(try FilePath("\(Self.folder)/\(named.rawValue).yaml").contents() == named.yaml)
        #expect(try MachineDescription(file: "\(Self.folder)/\(named.rawValue).yaml") == machine(named))
    }

    @Test func everyFileOfTheFolderIsBuiltIn() throws {
        let directory = try #require(opendir(Self.folder))
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.insert(name) }
        }
        #expect(names == Set(NamedMachine.allCases.map { $0.rawValue + ".yaml" }))
    }

    @Test func theDefaultIsTheMachineOfTheRecordings() throws {
        #expect(try machine(.default) == .default)
    }

    @Test(arguments: NamedMachine.allCases) func aFileBeginsWithWhatTheMachineIs(_ named: NamedMachine) {
        #expect(named.yaml.starts(with: "# ".utf8))
        #expect((10...110).contains(named.summary.count), "\(named.summary)")
    }

    @Test(arguments: NamedMachine.allCases) func allButTheDefaultTellLinuxOfChanges(_ named: NamedMachine) throws {
        #expect(try machine(named).notification == (named != .default))
    }

    /// The letters of lszcrypt with the F (full function set) and H that no card of the recordings has.
    @Test(arguments: NamedMachine.allCases.filter { ![.default, .noAP].contains($0) })
    func cardsAreAsRealOnes(_ named: NamedMachine) throws {
        let machine = try machine(named)
        #expect(!machine.adapters.isEmpty)
        var serialNumbers: Set<String> = []
        for (id, adapter) in machine.adapters {
            switch adapter.type.mode {
            case .accelerator:
                #expect(adapter.functions == 0x6b80_0000, "\(id)")
                continue
            case .coprocessor:
                #expect(adapter.functions == 0x9380_0000, "\(id)")
                #expect(Set(adapter.masterKeys.keys.map(\.rawValue)) == Set(machine.usageDomains), "\(id) answers everywhere")
            case .ep11:
                #expect(adapter.functions == 0x0780_0000, "\(id)")
                #expect(Set(adapter.wrappingKeys.keys.map(\.rawValue)) == Set(machine.usageDomains), "\(id) answers everywhere")
                #expect(adapter.apiOrdinal != nil && adapter.operationModes?.names.isEmpty == false, "\(id)")
                #expect(adapter.firmware?.major == adapter.type.generation, "\(id)")
            }
            #expect(serialNumbers.insert(try #require(adapter.serialNumber, "\(id)")).inserted, "two cards have one number")
        }
        #expect(machine.usageDomains.subtracting(machine.controlDomains) == .none)
        #expect(machine.maxDomain == 84)
    }

    @Test func eachIsWhatItsNameSays() throws {
        func types(_ named: NamedMachine) throws -> Set<String> {
            Set(try machine(named).adapters.values.map(\.type.description))
        }
        #expect(try types(.z15) == ["CEX7A", "CEX7C", "CEX7P", "CEX6C"])
        #expect(try types(.z16) == ["CEX8A", "CEX8C", "CEX8P", "CEX7C"])
        #expect(try types(.z17) == ["CEX8A", "CEX8C", "CEX8P"])
        #expect(try types(.linuxone) == ["CEX8C", "CEX8P"])
        #expect(Array(try machine(.linuxone).usageDomains).count == 40)
        let zvm = try machine(.zvm)
        #expect(zvm.zVM && !zvm.reconfiguration && !zvm.interrupts)
        let guest = try machine(.secureGuest)
        #expect(guest.secureExecution && guest.features?.contains(.apsb) == true && !guest.reconfiguration)
        #expect(try !machine(.noAP).apInstructions)
        #expect(try NamedMachine.allCases.filter { try machine($0).zVM } == [.zvm])
        #expect(try NamedMachine.allCases.filter { try machine($0).secureExecution } == [.secureGuest])
        #expect(try NamedMachine.allCases.filter { try !machine($0).apInstructions } == [.noAP])
    }

    @Test(arguments: NamedMachine.allCases) func eachIsReadAndWrittenBack(_ named: NamedMachine) throws {
        let machine = try machine(named)
        #expect(try MachineDescription(yaml: machine.yaml) == machine)
    }

    // MARK: - Names

    /// What a name means does not depend on where somebody is.
    @Test func aNameIsMeantEvenWhereAFileHasIt() throws {
        var template = Array("/tmp/apmatrix-machine-XXXXXX".utf8CString)
        let folder = String(cString: try #require(mkdtemp(&template)))
        defer {
            unlink("\(folder)/z16")
            rmdir(folder)
        }
        let file = try FileDescriptor.open(
            FilePath("\(folder)/z16"), .writeOnly, options: [.create], permissions: [.ownerReadWrite])
        _ = try file.closeAfter { try file.writeAll("adapters: {05: CEX5C}\n".utf8) }
        #expect(try MachineDescription(file: "\(folder)/z16") == MachineDescription(yaml: "adapters: {05: CEX5C}"))
        #expect(try machine(.z16) == MachineDescription(yaml: NamedMachine.z16.yaml))
    }

    @Test(arguments: [
        ("z61", "z61: No such file or directory, and no built-in machine; did you mean 'z16'?"),
        ("Z17", "Z17: No such file or directory, and no built-in machine; did you mean 'z17'?"),
        ("linux-one", "linux-one: No such file or directory, and no built-in machine; did you mean 'linuxone'?"),
        ("my.yaml", "my.yaml: No such file or directory; give a machine file that can be read, or a built-in machine: default, "),
        ("./z16", "./z16: No such file or directory; give a machine file that can be read, or a built-in machine: default, "),
    ]) func aNameThatIsNoneIsAnsweredWithTheNames(_ name: String, _ text: String) {
        #expect { try MachineDescription(file: name) } throws: { "\($0)".hasPrefix(text) }
    }
}
