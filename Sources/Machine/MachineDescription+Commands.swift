internal import AdjunctProcessor
internal import Synchronization

extension MachineDescription {
    /// Changes the description as `Machine.execute` changes a machine. A line that is refused changes nothing.
    ///
    /// - Returns: as `Machine.execute`.
    /// - Throws: as `Machine.execute`.
    @discardableResult public mutating func execute(_ command: String) throws(MachineCommandError) -> String? {
        let command = try MachineCommand(command)
        var changed = self
        let remark = try changed.apply(command)
        self = changed
        return remark
    }

    /// Does what the command says, or throws and is as it was. Pure.
    ///
    /// - Returns: as `Machine.execute`.
    /// - Throws: `ENOENT` for a queue whose adapter is not plugged or whose domain may not be used; `EINVAL` for a number above the
    ///   maximum, and for a maximum below a number in use.
    mutating func apply(_ command: MachineCommand) throws(MachineCommandError) -> String? {
        switch command {
        case .unplug(let id):
            guard adapters.removeValue(forKey: id) != nil else {
                return "there is no adapter \(id) to unplug; \(Self.those(adapters.keys.sorted(), "none is plugged"))"
            }
            dropFaultsOfVanishedQueues()
        case .adapter(let id, let change):
            try apply(change, to: id)
        case .domain(let id, let usage, let control):
            guard id.rawValue <= addressableDomain || !(usage || control) else {
                throw MachineCommandError.invalid("domain \(id) is above the greatest domain \(DomainID(addressableDomain))")
            }
            usageDomains[id] = usage
            controlDomains[id] = control
            dropFaultsOfVanishedQueues()
        case .maxima(let adapter, let domain):
            if let id = adapters.keys.max(), id.rawValue > adapter {
                throw MachineCommandError.invalid("adapter \(id) is plugged, which is above \(AdapterID(adapter))")
            }
            if let id = Array(usageDomains.union(controlDomains)).last, id > domain {
                throw MachineCommandError.invalid("domain \(DomainID(id)) is in use, which is above \(DomainID(domain))")
            }
            maxAdapter = adapter
            maxDomain = domain
        case .queue(let apqn, let change):
            try apply(change, to: apqn)
        }
        return nil
    }

    private mutating func apply(
        _ change: MachineCommand.AdapterChange, to id: AdapterID
    ) throws(MachineCommandError) {
        guard apInstructions else {
            throw MachineCommandError.invalid("the machine has no AP instructions, so it can have no adapter")
        }
        guard id.rawValue <= addressableAdapter else {
            throw MachineCommandError.invalid("adapter \(id) is above the greatest adapter \(AdapterID(addressableAdapter))")
        }
        var adapter = adapters[id] ?? Adapter(type: change.type ?? .cex8c)
        if let type = change.type, type != adapter.type || adapter.rawType != nil {
            // Another card: what was known of the old one goes with it.
            adapter = Adapter(type: type, config: adapter.config, chkstop: adapter.chkstop)
        }
        // a type that is named has its own functions
        if change.type != nil { adapter.functions = nil }
        adapter.rawType = change.rawType ?? adapter.rawType
        adapter.depth = change.depth ?? adapter.depth
        adapter.maximumMessageSize = change.maximumMessageSize ?? adapter.maximumMessageSize
        adapter.config = change.config ?? adapter.config
        adapter.chkstop = change.chkstop ?? adapter.chkstop
        adapters[id] = adapter
    }

    private mutating func apply(_ change: QueueFaultChanges, to apqn: APQN) throws(MachineCommandError) {
        guard adapters[apqn.adapter] != nil else {
            let those = Self.those(adapters.keys.sorted(), "no other is")
            throw MachineCommandError.notFound("there is no queue \(apqn): adapter \(apqn.adapter) is not plugged; \(those)")
        }
        guard usageDomains.contains(apqn.domain) else {
            let those = Self.those(Array(usageDomains.domains), "no other is")
            throw MachineCommandError.notFound("there is no queue \(apqn): domain \(apqn.domain) is not a usage domain; \(those)")
        }
        var faults = queues[apqn] ?? .none
        if let instruction = change.apply(to: &faults) {
            let (count, code) = (instruction.countKey, instruction.codeKey)
            throw MachineCommandError.invalid("\(count)= is how many times \(code)= is answered, which is not said; say both")
        }
        queues[apqn] = faults == .none ? nil : faults
    }

    /// For a message about a number that is not there, the numbers that are: `there are 03 05 06 0a`, no more than fit into a
    /// line.
    private static func those(_ numbers: [some CustomStringConvertible], _ none: String) -> String {
        guard !numbers.isEmpty else { return none }
        let names = numbers.prefix(16).map(\.description) + (numbers.count > 16 ? ["…"] : [])
        return "there \(numbers.count == 1 ? "is" : "are") \(names.joined(separator: " "))"
    }

    private mutating func dropFaultsOfVanishedQueues() {
        guard !queues.isEmpty else { return }
        let (adapters, domains) = (adapters, usageDomains)
        queues = queues.filter { adapters[$0.key.adapter] != nil && domains.contains($0.key.domain) }
    }
}

extension Machine {
    /// Changes the machine as a line of the control plane says: `adapter 06 type=CEX8P config=1 chkstop=0`, and so on (see
    /// `MachineCommand`). Linux notices at its next scan. A line that is refused changes nothing.
    ///
    /// `reset-busy=0` ends a running reset at the next poll; a smaller number shortens it.
    ///
    /// Locks: the machine's, a leaf.
    ///
    /// - Returns: for an adapter to unplug that is not plugged, that there is nothing to do, in words for the log.
    /// - Throws: `EINVAL` for a line that is no command, a number above the maximum, or a maximum below a number in use; `ENOENT` for
    ///   a queue that is not there. Each with the reason in words.
    @discardableResult public func execute(_ command: String) throws(MachineCommandError) -> String? {
        let command = try MachineCommand(command)
        return try state.withLock { (state) throws(MachineCommandError) in
            var description = state.description
            let remark = try description.apply(command)
            state.become(description)
            return remark
        }
    }

    /// Changes what is wrong with each queue that something is wrong with, all in one step; of queues that are not there it is
    /// forgotten. A running reset ends as it does after `execute`.
    public func updateFaults(_ change: (inout MachineDescription.QueueFaults) -> Void) {
        state.withLock { state in
            var description = state.description
            description.queues = description.queues.mapValues { faults in
                var faults = faults
                change(&faults)
                return faults
            }.filter { $0.value != .none }
            state.become(description)
            state.forgetUnplugged()
        }
    }
}
