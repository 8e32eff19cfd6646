import NIOCore
import NIOPosix
import PilotUDP
import PilotWire
import Testing

@testable import PilotBeacon

/// The stream between two beacons, where the other one doesn't read: it may have been stopped.
@Suite(.timeLimit(.minutes(1))) struct PeerLinkTests {
  private final class Nobody: PeerLink.Reader {
    func received(_ kind: PeerLinkMessage.Kind, of connection: UInt64, _ rest: RawSpan) {}
    func drained() {}
    func ended() {}
  }

  private static func put(_ count: Int, of length: Int, on link: PeerLink) -> Int {
    let frame = [UInt8](repeating: 7, count: length)
    return (0..<count).count { _ in link.put(.received, of: 1, frame.span.raw) }
  }

  @Test func whatTheOtherOneDoesNotReadKeepsNobody() async throws {
    let (here, there) = try InheritedDescriptor.pair()
    let link = PeerLink()
    try await link.start(over: here, on: MultiThreadedEventLoopGroup.singleton) { Nobody() }.get()
    // More than a Unix socket holds.
    expect(Self.put(200, of: 60_000, on: link), 200)
    await link.finish()
    while link.dropped == 0 { await Task.yield() }
    #expect(link.passed < 200)
    #expect(link.passed + link.dropped == 200)
    there.close()
  }

  @Test func whatIsNoFrameMayTakeAsMuchAgainAndThenTheLinkIsOver() {
    let link = PeerLink()
    let most = 2 * PeerLink.capacity / (PeerLinkMessage.headerLength + 60_000)
    let text = [UInt8](repeating: 7, count: 60_000)
    expect((0..<most + 1).count { _ in link.put(.attached, of: 1, text.span.raw) }, most)
    expect(link.put(.detached, of: 1, RawSpan()), false)
  }

  @Test func framesBeyondItsBoundAreDroppedAndCounted() {
    // Nobody has started it: everything waits.
    let link = PeerLink()
    let most = PeerLink.capacity / (PeerLinkMessage.headerLength + 60_000)
    expect(Self.put(most + 10, of: 60_000, on: link), most)
    #expect(link.dropped == 10)
    link.close()
    #expect(link.passed == 0)
    #expect(link.dropped == UInt64(most + 10))
    expect(link.put(.detached, of: 1, RawSpan()), false)
  }
}
