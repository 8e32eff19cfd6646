import NIOCore
import NIOEmbedded
import PilotIdentity
import PilotTransport
import PilotWSS
import PilotWire

/// One connection to the fuzzed beacon, as the node at its other end sees it.
final class FuzzedPeer {
  /// Who the node has proven to be.
  private(set) var node: NodeID?
  private let channel: EmbeddedChannel
  private let isOwn: Bool
  private var decoder = WebSocketDecoder(role: .client)
  private var isUpgraded = false
  private var challenge: AuthChallenge?
  private var claim: NodeID?

  /// - Parameter isOwn: Whether the node speaks `pilot.v2`.
  init(_ channel: EmbeddedChannel, isOwn: Bool) {
    self.channel = channel
    self.isOwn = isOwn
  }

  var isOpen: Bool { channel.isActive }

  func send(_ bytes: [UInt8]) {
    // What the pipeline doesn't want is dropped by the real channel, too.
    _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
  }

  func upgrade() {
    send(
      Array(
        ("GET \(WSSURL.defaultPath) HTTP/1.1\r\nHost: beacon\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Protocol: \(isOwn ? "pilot.v2, " : "")pilot.v1\r\n\r\n").utf8))
  }

  /// Answers the challenge truthfully, if there has been one.
  func authenticate(as node: NodeID) {
    guard let challenge,
      let reply = try? FuzzedNode.identities[node]?.reply(
        to: challenge, as: node, dialling: isOwn ? FuzzedNode.beacon : nil)
    else { return }
    claim = node
    sendFrame(0x81, Array(reply.json.utf8))
  }

  func sendFrame(_ head: UInt8, _ payload: [UInt8]) {
    send(webSocketFrame(head, payload, mask: [1, 2, 3, 4]))
  }

  func hangUp() {
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  /// Reads all that the beacon has sent here: an HTTP answer, and then frames that keep every rule.
  ///
  /// - Parameter mayName: Whether whoever has just spoken may stand in a delivery's sender field as this node.
  func readAll(_ mayName: (NodeID) -> Bool) throws(Violation) {
    while let buffer = (try? channel.readOutbound(as: ByteBuffer.self)) ?? nil {
      var bytes = Array(buffer.readableBytesView)
      if !isUpgraded {
        guard bytes.starts(with: "HTTP/1.1 ".utf8) else { throw Violation("no HTTP: \(bytes)") }
        guard bytes.starts(with: "HTTP/1.1 101".utf8) else { return drain() }
        isUpgraded = true
        bytes.removeFirst(headLength(bytes))
      }
      try read(bytes, mayName)
    }
  }

  private func drain() {
    while ((try? channel.readOutbound(as: ByteBuffer.self)) ?? nil) != nil {}
  }

  private func headLength(_ bytes: [UInt8]) -> Int {
    let end = Array("\r\n\r\n".utf8)
    return (4...bytes.count).first { bytes[$0 - 4..<$0].elementsEqual(end) } ?? bytes.count
  }

  private func read(_ bytes: [UInt8], _ mayName: (NodeID) -> Bool) throws(Violation) {
    var texts: [[UInt8]] = []
    var frames: [[UInt8]] = []
    do throws(WebSocketProtocolError) {
      try decoder.feed(bytes.span.raw) { event in
        switch event {
        case .text(let text): texts.append(text.copy)
        case .binary(let frame): frames.append(frame.copy)
        case .ping, .pong, .close: break
        }
      }
    } catch {
      throw Violation("the beacon broke a rule: \(error)")
    }
    for text in texts {
      switch try? HandshakeMessage(parsing: text.span.raw) {
      case .challenge(let challenge): self.challenge = challenge
      case .ok: node = claim
      default: throw Violation("the beacon said \(String(decoding: text, as: UTF8.self))")
      }
    }
    guard frames.isEmpty || node != nil else { throw Violation("a frame for nobody: \(frames)") }
    for frame in frames { try FuzzedBeacon.check(frame, mayName) }
  }
}
