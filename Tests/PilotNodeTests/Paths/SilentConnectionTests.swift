import PilotTransport
import Testing

@testable import PilotNode

/// What a connection shows that carries frames and brings none: by the node's frames to itself.
@Suite("A connection that carries, and brings nothing")
struct SilentConnectionTests {
  private static let first = PathID(0)

  /// A selection over two connections, of which the first is up and has brought a frame back.
  private struct Run {
    var selection = PathSelection([.init(beacon: 0, .connection), .init(beacon: 1, .connection)], at: .start)
    var now = MonotonicInstant.start
    var sent: [(number: UInt32, at: MonotonicInstant)] = []
    var redials = 0
    private var traffic = PathTraffic()

    init() {
      take()
      selection.up(first, allowsBoth: true, at: now)
      take()
      for echo in sent { selection.echoed(echo.number, over: first, at: now) }
      sent = []
    }

    mutating func take() {
      while let output = selection.nextOutput() {
        switch output {
        case .echo(first, let number, _): sent.append((number, now))
        case .redial(first): redials += 1
        default: break
        }
      }
    }

    /// - Parameters:
    ///   - duration: How long frames go out, and the node's own come back.
    ///   - delay: After how long these come; nil for never.
    ///   - receiving: Whether others' frames come in.
    ///   - sending: Whether the node's users send.
    mutating func pass(_ duration: Duration, delay: Duration?, receiving: Bool = false, sending: Bool = true) {
      let end = now.advanced(by: duration)
      while now < end {
        now = now.advanced(by: .milliseconds(100))
        if sending {
          traffic.framesSent += 10
          traffic.bytesSent += 10_000
        }
        if receiving { traffic.framesReceived += 10 }
        if let delay {
          for echo in sent where now >= echo.at.advanced(by: delay) {
            selection.echoed(echo.number, over: first, at: now)
          }
          sent.removeAll { now >= $0.at.advanced(by: delay) }
        }
        selection.counted(first, traffic, at: now)
        selection.tick(at: now, random: 0.5)
        take()
      }
    }
  }

  @Test("frames to itself go out each second, and come back")
  func alive() {
    var run = Run()
    run.pass(.seconds(60), delay: .milliseconds(100))
    #expect(run.redials == 0)
    #expect(run.sent.count <= 1)
  }

  @Test("they come late, behind all that waits there: it is kept")
  func late() {
    var run = Run()
    run.pass(.seconds(60), delay: .seconds(5))
    #expect(run.redials == 0)
  }

  @Test("they don't come, and others' frames do: it is kept")
  func receiving() {
    var run = Run()
    run.pass(.seconds(60), delay: nil, receiving: true)
    #expect(run.redials == 0)
    #expect(run.selection.records[0].probing.loss.lost > 0, "it counts as lost when the path is compared")
  }

  @Test("nothing comes: it is given up after 6.5 to 8 s")
  func silent() {
    var run = Run()
    run.pass(.seconds(10), delay: .milliseconds(100))
    run.pass(.milliseconds(6_400), delay: nil)
    #expect(run.redials == 0)
    run.pass(.milliseconds(1_600), delay: nil)
    #expect(run.redials == 1)
  }

  @Test("nobody uses the node: nothing is sent, and nothing is missing")
  func idle() {
    var run = Run()
    run.pass(.seconds(10), delay: .milliseconds(100))
    run.pass(.seconds(65), delay: .milliseconds(100), sending: false)
    run.sent = []
    run.pass(.seconds(600), delay: nil, sending: false)
    #expect(run.sent.isEmpty)
    #expect(run.redials == 0)
  }
}
