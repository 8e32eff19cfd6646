import NIOCore
import NIOEmbedded
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
    listener.askForConnections()
    #expect(listener.reads == 1)
    // As a channel does it: it tells of the error, and asks again at once.
    for _ in 0..<3 {
      listener.fail(code)
      listener.askForConnections()
    }
    #expect(listener.reads == 1)
    listener.advance(by: .milliseconds(999))
    #expect(listener.reads == 1)
    listener.advance(by: .milliseconds(1))
    #expect(listener.reads == 2)
    listener.askForConnections()
    #expect(listener.reads == 3)
    #expect(listener.report == ["began \(code)"])
  }

  @Test func `a trouble that comes and goes is told once, and once when it has been over for a while`() throws {
    let listener = try Listener()
    for _ in 0..<5 {
      listener.fail(EMFILE)
      listener.askForConnections()
      listener.advance(by: .seconds(4))
    }
    #expect(listener.reads == 5)
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
    listener.askForConnections()
    #expect(listener.reads == 1)
    #expect(listener.report == [])
  }

  @Test func `a listener that closes while it rests leaves no timer behind`() throws {
    let listener = try Listener()
    listener.fail(EMFILE)
    listener.askForConnections()
    _ = try listener.channel.finish()
    listener.advance(by: .seconds(60))
    #expect(listener.reads == 0)
    #expect(listener.report == ["began \(EMFILE)"])
  }
}

/// A listening channel whose kernel and time the test plays.
private final class Listener {
  let channel = EmbeddedChannel()
  private let kernel = ReadCounter()
  private let heard = Heard()
  var reads: Int { kernel.reads }
  var report: [String] { heard.lines }

  init() throws {
    let heard = heard
    try channel.pipeline.syncOperations.addHandlers([
      kernel,
      AcceptPause { event in
        switch event {
        case .began(let error): heard.lines.append("began \(error.errnoCode)")
        case .ended: heard.lines.append("ended")
        }
      },
    ])
  }

  func askForConnections() { channel.read() }
  func fail(_ code: CInt) { channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept")) }
  func advance(by time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
}

private final class Heard {
  var lines: [String] = []
}

/// Counts how often the kernel is asked for connections.
private final class ReadCounter: ChannelOutboundHandler {
  typealias OutboundIn = Never

  private(set) var reads = 0

  func read(context: ChannelHandlerContext) { reads += 1 }
}
