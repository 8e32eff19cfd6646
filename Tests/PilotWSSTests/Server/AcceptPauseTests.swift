import Logging
import NIOCore
import NIOEmbedded
import PilotWire
import Synchronization
import Testing

@testable import PilotWSS

#if canImport(Darwin)
  import Darwin
#elseif canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite(.timeLimit(.minutes(1)))
struct AcceptPauseTests {
  @Test(arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM])
  func `without a descriptor or memory for one more connection, nothing is accepted for a second`(code: CInt) throws {
    let listener = try Listener()
    #expect(listener.accepts)
    for _ in 0..<3 { listener.fail(code) }
    #expect(!listener.accepts)
    listener.advance(by: .milliseconds(999))
    #expect(!listener.accepts)
    listener.advance(by: .milliseconds(1))
    #expect(listener.accepts)
    #expect(listener.report == ["began \(code)"])
  }

  @Test func `a trouble that comes and goes is told once, and once when it has been over for a while`() throws {
    let listener = try Listener()
    for _ in 0..<5 {
      listener.fail(EMFILE)
      #expect(!listener.accepts)
      listener.advance(by: .seconds(4))
      #expect(listener.accepts)
    }
    #expect(listener.report == ["began \(EMFILE)"])
    listener.advance(by: .seconds(6))
    #expect(listener.report == ["began \(EMFILE)"])
    listener.advance(by: .seconds(1))
    #expect(listener.report == ["began \(EMFILE)", "ended"])
    listener.fail(ENFILE)
    #expect(listener.report == ["began \(EMFILE)", "ended", "began \(ENFILE)"])
  }

  @Test func `other errors pass, and nothing rests`() throws {
    let listener = try Listener()
    #expect(throws: IOError.self) {
      listener.fail(ECONNABORTED)
      try listener.channel.throwIfErrorCaught()
    }
    #expect(listener.accepts)
    #expect(listener.report == [])
  }

  @Test func `a listener that closes while it rests leaves no timer behind`() throws {
    let listener = try Listener()
    listener.fail(EMFILE)
    _ = try listener.channel.finish()
    listener.advance(by: .seconds(60))
    #expect(!listener.accepts)
    #expect(listener.report == ["began \(EMFILE)"])
  }
}

extension AcceptPauseTests {
  @Test func `whoever wants to know hears when it rests, and when all is well again`() throws {
    let told = Mutex<[Bool]>([])
    let channel = EmbeddedChannel()
    let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    try channel.pipeline.syncOperations.addHandler(
      AcceptPause(at: Endpoint(ipv4: 127, 0, 0, 1, port: 1), logger: quiet) { isAccepting in
        told.withLock { $0.append(isAccepting) }
      })
    channel.pipeline.fireErrorCaught(IOError(errnoCode: EMFILE, reason: "accept"))
    #expect(told.withLock { $0 } == [false])
    channel.embeddedEventLoop.advanceTime(by: .seconds(60))
    #expect(told.withLock { $0 } == [false, true])
    _ = try channel.finish()
  }
}

/// A listening channel whose kernel and time the test plays.
private final class Listener {
  let channel = EmbeddedChannel()
  private let heard = Heard()
  /// Whether the kernel is asked for connections.
  var accepts: Bool { channel.options.lazy.compactMap { $0.value as? Bool }.last ?? true }
  var report: [String] { heard.lines }

  init() throws {
    let heard = heard
    try channel.pipeline.syncOperations.addHandler(
      AcceptPause { event in
        switch event {
        case .began(let error): heard.lines.append("began \(error.errnoCode)")
        case .ended: heard.lines.append("ended")
        }
      })
  }

  func fail(_ code: CInt) { channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept")) }
  func advance(by time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
}

private final class Heard {
  var lines: [String] = []
}
