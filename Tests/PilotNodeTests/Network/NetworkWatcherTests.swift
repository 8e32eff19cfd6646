import PilotTransport
import Testing

@testable import PilotNode

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

#if os(Linux)
  @Suite(.enabled(if: NetworkSurvey.take() != nil), .timeLimit(.minutes(1)))
  struct NetworkWatcherTests {
    @Test func `this machine has a loopback interface`() throws {
      let view = try #require(NetworkSurvey.take())
      #expect(view.interfaces.values.contains { $0.isLoopback })
    }

    @Test func `who waits is let go when the watcher is closed`() async throws {
      let watcher = try NetworkWatcher()
      async let change = watcher.next()
      watcher.close()
      watcher.close()
      #expect(await change == nil)
      #expect(await watcher.next() == nil)
    }

    @Test func `who is cancelled ends nothing`() async throws {
      let watcher = try NetworkWatcher()
      let waiting = Task { await watcher.next() }
      waiting.cancel()
      #expect(await waiting.value == nil)
      let later = Task { await watcher.next() }
      watcher.close()
      #expect(await later.value == nil)
    }

    @Test func `a watcher that nobody holds is gone`() throws {
      var held: NetworkWatcher? = try NetworkWatcher()
      weak let watcher = held
      #expect(watcher != nil)
      held = nil
      #expect(watcher == nil)
    }
  }

  /// In a network of its own, which Scripts/check-networks makes and changes by these commands.
  @Suite(.enabled(if: TestCommand.change.isThere), .timeLimit(.minutes(1)), .serialized)
  struct ChangingNetworkTests {
    @Test func `an interface down and another one up is one change, at once`() async throws {
      let watcher = try NetworkWatcher()
      let before = try #require(NetworkFingerprint.current())
      let start = ContinuousClock.now
      TestCommand.change.run()
      let change = await watcher.next()
      let took = start.duration(to: .now)
      #expect(change?.isSuperset(of: [.defaultRoute, .links]) == true)
      #expect(took < .milliseconds(300) + TestCommand.allowance, "it took \(took)")
      #expect(NetworkFingerprint.current() != before)
      // What comes next is this alone: the change was one, and containers are none.
      TestCommand.noise.run()
      TestCommand.route.run()
      #expect(await watcher.next() == .defaultRoute)
      #expect(watcher.overruns == 0)
    }

    @Test func `news that were lost are a change`() async throws {
      let watcher = try NetworkWatcher(buffer: 1)
      TestCommand.flood.run()
      let change = await watcher.next()
      #expect(change?.contains(.missed) == true)
      #expect(watcher.overruns > 0)
    }
  }

  private enum TestCommand: String {
    case change = "PILOT_NETWORK_CHANGE"
    case noise = "PILOT_NETWORK_NOISE"
    case route = "PILOT_NETWORK_ROUTE"
    case flood = "PILOT_NETWORK_FLOOD"

    /// What the shell and the programs that it starts take.
    static let allowance = Duration.milliseconds(50)

    private var text: String? { unsafe getenv(rawValue).map { unsafe String(cString: $0) } }

    var isThere: Bool { text != nil }

    func run() {
      guard let text else { return }
      #expect(unsafe system(text) == 0, "\(text)")
    }
  }
#endif
