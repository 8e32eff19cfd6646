package import PilotWire
internal import Synchronization

/// Why a packet wasn't sealed. Nothing was written then.
package enum SealingError: Error, Equatable, Sendable {
  /// The buffer has fewer bytes left than the frame takes: ``Sealer/overhead`` and the payload.
  case noRoom
  /// The payload is longer than the packet's length field can say, 65,535 bytes.
  case payloadTooLong
  /// As many frames were sealed as a key may seal. The session should have another one by now.
  case exhausted
  /// The cryptographic library has failed.
  case cipherFailed
}

/// Seals packets to one peer: the sending half of a session (wire reference, section 4).
///
/// Any thread may seal, at the same time: no two frames get the same nonce. Takes no lock and allocates nothing.
package final class Sealer: Sendable {
  /// What a frame is longer than its payload, in bytes: 20 in front, the packet's header, and the tag.
  package static let overhead = SealedFrame.headerLength + Packet.headerLength + SealedFrame.tagLength
  /// How many frames may be sealed with one prefix: a session takes another key long before, and with 2^30 the chance to
  /// forge stays small (NIST SP 800-38D, section 8.3 and appendix C).
  static let frameLimit: UInt64 = 1 << 30

  /// The node that seals, as every frame says.
  package let sender: NodeID
  /// The first four bytes of each nonce.
  package let prefix: UInt32

  let cipher: PacketCipher
  private let taken: Atomic<UInt64>
  private let payloadBytes = Atomic<UInt64>(0)

  /// A sealer whose first frame has the counter 1.
  ///
  /// - Parameters:
  ///   - sender: The node that seals.
  ///   - cipher: The session's key.
  ///   - prefix: One that nothing was ever sealed with under this key.
  package convenience init(sender: NodeID, cipher: PacketCipher, prefix: UInt32) {
    self.init(sender: sender, cipher: cipher, prefix: prefix, sealed: 0)
  }

  /// A sealer that goes on from a counter.
  init(sender: NodeID, cipher: PacketCipher, prefix: UInt32, sealed: UInt64) {
    self.sender = sender
    self.cipher = cipher
    self.prefix = prefix
    taken = Atomic(sealed)
  }

  /// How many frames it has sealed.
  package var sealed: UInt64 { min(taken.load(ordering: .relaxed), Self.frameLimit) }

  /// How many bytes of payload there were in them.
  package var bytes: UInt64 { payloadBytes.load(ordering: .relaxed) }

  /// Appends a frame with this packet.
  ///
  /// - Parameters:
  ///   - header: The packet's header.
  ///   - payload: The packet's payload.
  ///   - output: Where ``overhead`` bytes and the payload's are written.
  @_lifetime(output: copy output)
  package func seal(
    _ header: PacketHeader, _ payload: RawSpan, into output: inout OutputRawSpan
  ) throws(SealingError) {
    let length = Self.overhead + payload.byteCount
    guard output.freeCapacity >= length else { throw .noRoom }
    guard let packet = try? Packet(header: header, payload: payload) else { throw .payloadTooLong }
    let counter = taken.wrappingAdd(1, ordering: .relaxed).newValue
    guard counter <= Self.frameLimit else { throw .exhausted }

    let start = output.byteCount
    do throws(WireError) {
      let nonce = TunnelNonce(prefix: prefix, counter: counter)
      try SealedFrame.writeHeader(sender: sender, nonce: nonce, into: &output)
    } catch {
      throw .noRoom
    }
    packet.append(to: &output)
    output.append(bigEndian: UInt64(0))
    output.append(bigEndian: UInt64(0))
    var bytes = output.mutableBytes
    var frame = bytes._mutatingExtracting(start..<start + length)
    guard cipher.seal(&frame) else {
      output.removeLast(length)
      throw .cipherFailed
    }
    payloadBytes.wrappingAdd(UInt64(payload.byteCount), ordering: .relaxed)
  }

  /// A frame with this packet in an array of its own, where an allocation doesn't matter.
  package func sealed(_ header: PacketHeader, _ payload: RawSpan) throws(SealingError) -> [UInt8] {
    var failure: SealingError?
    let frame = [UInt8](rawCapacity: Self.overhead + payload.byteCount) { output in
      do throws(SealingError) { try seal(header, payload, into: &output) } catch { failure = error }
    }
    if let failure { throw failure }
    return frame
  }
}
