import Glibc
import Kernels
import Sysfs
import Testing
import Waiting

/// Random walks over everything that can be written: the host answers as the model says, nothing crashes, nothing gets stuck, and
/// behind the files everything is in order. One at a time.
///
/// `FUZZ=300 SEED=7 swift test --filter FuzzTests` walks for five minutes on each kernel, elsewhere.
@Suite(.serialized, .bounded(besides: "FUZZ")) struct FuzzTests {
    private static let seconds = number("FUZZ") ?? 1
    private static let seed = UInt64(number("SEED") ?? 1)
    private static let steps = 200

    private static func number(_ name: String) -> Int? { getenv(name).flatMap { Int(String(cString: $0)) } }

    @Test(arguments: KernelRelease.allCases) func walks(_ release: KernelRelease) async {
        let model = Model(release: release)
        let finding = await Thread.result { () -> String? in
            let end = time(nil) + Self.seconds
            var (seed, walks, steps) = (Self.seed, 0, 0)
            var answers: [String: Int] = [:]
            repeat {
                let outcome = Walk.random(seed, steps: Self.steps, model)
                if let failure = outcome.failure { return Self.report(failure, outcome.steps, seed, model) }
                answers.merge(outcome.answers, uniquingKeysWith: +)
                (seed, walks, steps) = (seed + 1, walks + 1, steps + outcome.steps.count)
            } while time(nil) < end
            let counts = answers.sorted { $0.value > $1.value }.map { "\($0) \($1)" }.joined(separator: ", ")
            print("\(release.rawValue): \(walks) walks from SEED=\(Self.seed), \(steps) steps: \(counts)")
            return nil
        }
        if let finding { Issue.record("\(finding)") }
    }

    private static func report(_ failure: Failure, _ steps: [Step], _ seed: UInt64, _ model: Model) -> String {
        let shortest = Shrinking(model: model, kind: failure.kind).shortest(steps)
        let last = Walk.over(shortest, model).failure ?? failure
        return """
            Linux \(model.release.rawValue), SEED=\(seed): \(failure.kind), \(shortest.count) of \(steps.count) steps
            \(shortest.script)# \(last.text.replacing("\n", with: "\n# "))
            """
    }

    /// A model that knows of no sharing is found out, and the walk is the shortest there is: a mask, two devices, and an adapter and a
    /// domain for each.
    @Test func aWrongModelIsFoundAndTheWalkShrinks() async {
        let model = Model(release: .v6_1, flaw: .knowsNoSharing)
        let (failure, steps) = await Thread.result { () -> (Failure?, [Step]) in
            for seed in 1...UInt64(50) {
                let outcome = Walk.random(seed, steps: 200, model)
                guard let failure = outcome.failure else { continue }
                return (failure, Shrinking(model: model, kind: failure.kind).shortest(outcome.steps))
            }
            return (nil, [])
        }
        #expect(failure?.kind.hasPrefix("answer: write assign_") == true, "\(String(describing: failure))")
        #expect(steps.count == 7, "\(steps.script)")
    }

    /// A guest that still runs at the end, with a queue whose resets never succeed, does not keep the host from shutting down.
    @Test(arguments: ["reset-rc=2", "reset-busy=255"]) func aHostShutsDownWithAnEndlessReset(_ fault: String) async {
        let matrix = "devices/vfio_ap/matrix/\(Texts.uuids[0])/"
        let steps = [
            .write("bus/ap/apmask", "-5"), .write(Model.type + "/create", Texts.uuids[0]), .write(matrix + "assign_adapter", "5"),
            .write(matrix + "assign_domain", "4"), Step("guest start one \(Texts.uuids[0])"), Step("hw queue 05.0004 \(fault)"),
        ]
        let failure = await Thread.result { Walk.over(steps, Model(release: .v7_2), patience: Patience.seconds).failure }
        #expect(failure == nil)
    }

    /// A slash is a slash, with an accent too: no name in a directory has one.
    @Test func noNameHasASlash() async {
        let steps = [Step.write("class/zcrypt/create", "a/\u{300}b")]
        let failure = await Thread.result { Walk.over(steps, Model(release: .v7_2)).failure }
        #expect(failure == nil)
    }
}
