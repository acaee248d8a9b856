extension KernelRelease {
    /// Whether this release does what the difference's name says.
    @inlinable
    public func has(_ difference: KernelDifference) -> Bool { difference.releases.contains(self) }

    // MARK: - Differences that are values

    /// What no file can become larger than, in bytes. (`KernelDifference.filesMayBeHuge`)
    @inlinable public var largestFileSize: Int { has(.filesMayBeHuge) ? Int(Int64.max) : Int(Int32.max) }

    /// Between two looks at a queue that resets or turns its interrupts on; nil where `poll_timeout` says it.
    /// (`KernelDifference.pollsQueuesSlowly`)
    @inlinable public var queuePollInterval: Duration? { has(.pollsQueuesSlowly) ? .milliseconds(40) : nil }

    /// The minor number of z90crypt. (`KernelDifference.z90cryptHasALargeMinor`)
    @inlinable public var z90cryptMinor: Int { has(.z90cryptHasALargeMinor) ? 256 : 127 }
}

/// What differs between the releases, each difference by its name; the only place that says which release does what.
///
/// Code asks `release.has(.resetsQueuesTogether)`. That a release does not have an attribute is not said here, but by the row of
/// the attribute: `since:`.
/// docs/FIDELITY.md lists them all (`make fidelity`).
public enum KernelDifference: CaseIterable, Sendable {
    // MARK: Files and texts

    /// `e…` and `d…`, for enable and disable, are a yes and a no.
    case booleansKnowEnable
    /// A number that is scanned out of a text must fit into 64 bits.
    case scannedNumbersMustFit
    /// The number of a relative mask does not wrap.
    case maskNumbersSaturate
    /// `truncate` takes lengths from 2 GiB on.
    case filesMayBeHuge
    /// `uevent` of a device is read under the device's lock.
    case showsUeventsUnderTheDeviceLock
    /// A warning with a call trace has a line in front of it that says so.
    case marksWarnings
    /// `lseek` on an open file that is gone answers ENODEV.
    case goneFilesCannotBeSought
    /// What is open and gone has no links.
    case goneFilesHaveNoLinks

    // MARK: The AP bus

    /// A forced scan that waited for another one is content with that.
    case joinsRunningScan
    /// "Bindings complete" is told once, when a scan ends or a driver comes.
    case tellsBindingsOnce
    /// A queue that answers with an asynchronous error stays.
    case keepsQueuesWithAsyncErrors
    /// The scan that finds a queue starts it; before, the driver that gets it does.
    case scanStartsQueues
    /// The scan that finds a queue configured again, or no longer checkstopped, restarts it at once.
    case scanRestartsQueues
    /// A card's functions are the upper half of what TAPQ tells.
    case cardFunctionsAreTheUpperHalf
    /// Cards older than CEX4 are on the bus.
    case showsOldCards
    /// A QCI that names no facility counts as none.
    case needsFacilities
    /// A queue that resets is looked at every 40 ms.
    case pollsQueuesSlowly
    /// `interrupt` asks the hardware.
    case asksWhetherInterruptsAreOn
    /// `depth` is how many requests fit in; the hardware's number is one less.
    case depthCountsFromOne
    /// `poll_thread` takes a yes or a no.
    case pollThreadIsABoolean
    /// `poll_timeout` takes one number and nothing else; 0 is one, too.
    case pollTimeoutIsOneNumber
    /// A mask may not reserve what a mediated device could use together with any bit of the other mask.
    case checksMasksAgainstAll
    /// A queue without a driver counts as one that the host's drivers have.
    case driverlessQueuesAreTheHosts
    /// Binding and association of a queue to a secure guest are told by uevents.
    case tellsSecureBinding
    /// Everybody may read the module parameters of ap.
    case everybodyReadsParameters
    /// ap keeps messages ready for requests of the kernel, and has a parameter that says how many.
    case poolsMessages

    // MARK: The drivers of cards and queues

    /// A checkstopped card or queue is offline.
    case checkstopIsOffline
    /// A request that finds no usable queue scans the bus.
    case failedRequestsScan
    /// What cards have answered is remembered, and shown while they are offline.
    case remembersAnswers
    /// The random number generator asks one CCA queue at boot, not two.
    case asksOneQueueForRandomNumbers
    /// The random number generator that has found no usable queue asks the next one that comes.
    case randomNumbersAreAskedForAgain
    /// `op_modes` has names for the modes of later firmware.
    case knowsLaterOperationModes
    /// z90crypt has a minor number beyond 255.
    case z90cryptHasALargeMinor
    /// The name that a node of zcrypt is to have is taken for a format.
    case nodeNamesAreFormats
    /// zcrypt has the parameter `hwrng_seed`.
    case seedsRandomNumbers

    // MARK: Mediated devices

    /// vfio devices have device nodes.
    case vfioDevicesHaveNodes
    /// While there is a vfio device the module vfio has one reference more.
    case devicesHoldVFIO
    /// A guest with a device has four references to the module kvm.
    case guestsHoldKVMFourTimes
    /// The vfio device of a mediated device that is removed goes before its user has let go.
    case vfioDeviceGoesBeforeTheWait

    // MARK: vfio_ap

    /// All queues are reset at once, and waited for as long as it takes.
    case resetsQueuesTogether
    /// Queues that the filter takes from a guest are reset.
    case resetsFilteredQueues
    /// Unbinding a queue of a guest resets all that the guest loses with it.
    case unbindResetsAdapter
    /// Unbinding a queue that the machine has lost resets nothing.
    case goneQueuesAreNotReset
    /// A guest may have a queue that was deconfigured or checkstopped at its last reset.
    case passesDeconfiguredQueues
    /// A reset of a queue that vanishes meanwhile ends without a message.
    case goneQueueEndsResetSilently
    /// Control domains that the host loses stay in the guests that control them.
    case lostControlDomainsStay
    /// A guest is not told to give up the last adapter, domain or control domain that it has.
    case lastOfAKindStays
    /// A `matrix` of a page or more is told as a fault of its show.
    case largeMatricesOverrunAPage
    /// A queue that is bound has its `status` before the driver has its locks, and the queue.
    case statusComesBeforeItsQueue
    /// `status` does not wait for `guests_lock`.
    case statusLeavesGuestsLock
    /// The user of a device that is to be removed is asked to let go.
    case asksUserToLetGo
    /// A user who is asked to let go loses the queues at once.
    case askingTakesQueues
    /// The user of a device is told when the guest's masks change.
    case tellsGuestOfChanges

    /// The releases that do what the name says: mostly from one on to the latest.
    @inlinable public var releases: ClosedRange<KernelRelease> {
        switch self {
        case .showsUeventsUnderTheDeviceLock, .nodeNamesAreFormats, .seedsRandomNumbers, .showsOldCards:
            .v6_1 ... .v6_1
        case .marksWarnings, .largeMatricesOverrunAPage, .remembersAnswers, .randomNumbersAreAskedForAgain:
            .v6_1 ... .v6_12
        case .lostControlDomainsStay, .lastOfAKindStays, .statusComesBeforeItsQueue, .statusLeavesGuestsLock:
            .v6_12 ... .v6_12
        case .goneFilesCannotBeSought, .joinsRunningScan, .tellsBindingsOnce, .keepsQueuesWithAsyncErrors,
            .scanStartsQueues, .scanRestartsQueues, .cardFunctionsAreTheUpperHalf, .needsFacilities, .failedRequestsScan,
            .pollsQueuesSlowly, .asksWhetherInterruptsAreOn, .depthCountsFromOne, .pollThreadIsABoolean,
            .pollTimeoutIsOneNumber, .checkstopIsOffline, .asksOneQueueForRandomNumbers, .knowsLaterOperationModes,
            .z90cryptHasALargeMinor, .vfioDevicesHaveNodes, .devicesHoldVFIO, .guestsHoldKVMFourTimes,
            .vfioDeviceGoesBeforeTheWait, .resetsQueuesTogether,
            .resetsFilteredQueues, .unbindResetsAdapter, .goneQueuesAreNotReset, .passesDeconfiguredQueues,
            .asksUserToLetGo:
            .v6_12 ... .latest
        case .booleansKnowEnable, .scannedNumbersMustFit, .maskNumbersSaturate, .filesMayBeHuge, .goneFilesHaveNoLinks,
            .checksMasksAgainstAll, .driverlessQueuesAreTheHosts, .tellsSecureBinding, .everybodyReadsParameters, .poolsMessages,
            .goneQueueEndsResetSilently, .askingTakesQueues, .tellsGuestOfChanges:
            .v7_2 ... .latest
        }
    }
}
