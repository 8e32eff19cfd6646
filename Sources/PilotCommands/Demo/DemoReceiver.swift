import Crypto
import PilotConsole
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
  let node: DemoNode
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

    mutating func take(_ delivery: borrowing DemoDelivery, of content: DemoContent) {
      let number = Int(delivery.header.sequence)
      end = max(end, number + 1)
      guard number < seen.count else { return }
      if seen[number] {
        duplicated += 1
        return
      }
      seen[number] = true
      let payload = delivery.payload
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

  /// Registers, then receives until the last round trip has been answered, or the transport is closed because nothing comes
  /// any more.
  func run(whenKnown: Alarm) async -> Tally {
    var tally = Tally(count: content.chunkCount)
    let last = content.chunkCount + DemoSender.roundTrips
    do {
      var receiver = try node.transport.makeReceiver()
      try await node.register(&receiver)
      whenKnown.ring()
      while tally.end < last {
        try await receiver.receive { frame, source in
          guard source == node.beacon, let delivery = try? DemoDelivery(frame), delivery.sender == peer else { return }
          tally.take(delivery, of: content)
        }
        let end = UInt32(truncatingIfNeeded: tally.end)
        let acknowledgement = try node.relayed(RawSpan(), sequence: 0, acknowledgement: end, to: peer)
        try node.transport.send(acknowledgement, to: node.beacon)
      }
    } catch {
      // What is missing shows in the tally.
    }
    return tally
  }
}
