import Crypto
import PilotNode
import PilotTransport
import PilotWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The receiving half of a cell: checks every payload against the content, hashes them as they come, and acknowledges.
struct DemoReceiver: Sendable {
  let node: Node
  let peer: NodeID
  let content: DemoContent

  /// What has come so far.
  struct Tally {
    /// Payloads that came, each counted once, and equal the content's.
    var delivered = 0
    /// Payloads that differ from the content.
    var corrupted = 0
    /// Payloads that came twice.
    var duplicated = 0
    /// The number behind the highest that came.
    var end = 0
    private var seen: [Bool]
    private var hasher = SHA256()

    init(count: Int) {
      seen = [Bool](repeating: false, count: count)
    }

    /// The hash of what came, in the order in which it came.
    var hash: String { hasher.finalize().hex }

    mutating func take(_ packet: borrowing DemoPacket, of content: DemoContent) {
      let number = Int(packet.header.sequence)
      end = max(end, number + 1)
      guard number < seen.count else { return }
      if seen[number] {
        duplicated += 1
        return
      }
      seen[number] = true
      let payload = packet.payload
      unsafe payload.withUnsafeBytes { unsafe hasher.update(bufferPointer: $0) }
      if content.withChunk(number, { Self.areEqual($0, payload) }) {
        delivered += 1
      } else {
        corrupted += 1
      }
    }

    private static func areEqual(_ left: RawSpan, _ right: RawSpan) -> Bool {
      guard left.byteCount == right.byteCount else { return false }
      // SAFETY: memcmp reads exactly the bytes of both spans.
      return unsafe left.withUnsafeBytes { left in
        unsafe right.withUnsafeBytes { right in
          guard let first = left.baseAddress, let second = right.baseAddress else { return true }
          return unsafe memcmp(first, second, left.count) == 0
        }
      }
    }
  }

  /// Receives, and acknowledges what has come, until the node has left: everything is there, or nothing comes any more.
  func run() async -> Tally {
    var tally = Tally(count: content.chunkCount)
    do {
      var receiver = try node.makeReceiver()
      try await receiver.forEach { event in
        guard case .message(let message) = event, message.sender == peer,
          let packet = try? DemoPacket(parsing: message.payload)
        else { return }
        tally.take(packet, of: content)
      } whenDrained: { () async throws(TransportError) in
        try acknowledge(tally.end)
      }
    } catch {
      // What is missing shows in the tally.
    }
    return tally
  }

  private func acknowledge(_ end: Int) throws(TransportError) {
    let end = UInt32(truncatingIfNeeded: end)
    guard
      let packet = try? DemoPacket.encoded(RawSpan(), from: node.id, to: peer, sequence: 0, acknowledgement: end)
    else { return }
    try node.send(packet, to: peer)
  }
}
