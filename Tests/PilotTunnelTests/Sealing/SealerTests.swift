import Crypto
import PilotTesting
import PilotWire
import Testing

@testable import PilotTunnel

@Suite("A sealer")
struct SealerTests {
  private let cipher: PacketCipher
  private let node: NodeID
  private let header: PacketHeader

  init() throws {
    var random = SeededRandom(seed: 1)
    cipher = try #require(PacketCipher(key: SymmetricKey(data: random.bytes(32))))
    node = try #require(NodeID(7))
    let end = PilotSocketAddress(address: PilotAddress(network: 0, node: 7), port: 1000)
    header = PacketHeader(protocol: .datagram, source: end, destination: end, sequence: 5)
  }

  private func opened(_ frame: [UInt8]) -> [UInt8]? {
    var plaintext = [UInt8](repeating: 0, count: frame.count - 36)
    return plaintext.lending { cipher.open(frame.span.raw, into: &$0) } ? plaintext : nil
  }

  @Test("writes a whole frame: sender, prefix, counters from 1, the packet with its checksum")
  func frames() throws {
    let sealer = Sealer(sender: node, cipher: cipher, prefix: 0xC39B_08B8)
    let payload: [UInt8] = [1, 2, 3]
    for counter in UInt64(1)...3 {
      let frame = try sealer.sealed(header, payload.span.raw)
      #expect(frame.count == Sealer.overhead + 3)
      let sealed = try SealedFrame(parsing: frame.span.raw)
      let nonce = sealed.nonce
      #expect(sealed.sender == node)
      #expect(nonce == TunnelNonce(prefix: 0xC39B_08B8, counter: counter))
      let plaintext = try #require(opened(frame))
      #expect(plaintext == (try Packet(header: header, payload: payload.span.raw).encoded()))
    }
    #expect(sealer.sealed == 3)
    #expect(sealer.bytes == 9)
  }

  @Test("seals the frames of the vectors byte for byte")
  func vectors() throws {
    let vectors = try TunnelVectors.load().tunnel
    let cipher = try #require(PacketCipher(key: SymmetricKey(data: try bytes(hex: vectors.aes256gcm_key_hex))))
    for vector in vectors.sealed_PILS {
      let plaintext = try bytes(hex: vector.plaintext_hex)
      let packet = try Packet(parsing: plaintext.span.raw)
      let prefix = try #require(UInt32(vector.nonce_prefix_hex, radix: 16))
      let sealer = Sealer(
        sender: try #require(NodeID(vector.sender)), cipher: cipher, prefix: prefix, sealed: vector.counter - 1)
      guard vector.counter < Sealer.frameLimit else { continue }
      #expect(try sealer.sealed(packet.header, packet.payload) == (try bytes(hex: vector.frame_hex)))
    }
  }

  @Test("writes behind what is there, and nothing where there is no room")
  func room() throws {
    let sealer = Sealer(sender: node, cipher: cipher, prefix: 1)
    let payload = [UInt8](repeating: 9, count: 100)
    var failure: SealingError?
    let written = [UInt8](rawCapacity: 5 + 170 + 169) { output in
      for byte in UInt8(1)...5 { output.append(byte) }
      do throws(SealingError) {
        try sealer.seal(header, payload.span.raw, into: &output)
        try sealer.seal(header, payload.span.raw, into: &output)
      } catch {
        failure = error
      }
    }
    #expect(failure == .noRoom)
    #expect(written.count == 175)
    #expect(written.starts(with: [1, 2, 3, 4, 5]))
    #expect(opened(Array(written.dropFirst(5)))?.suffix(100) == payload[...])
    #expect(sealer.sealed == 1)
  }

  @Test("refuses a payload that no packet holds, and more frames than a key may seal")
  func limits() throws {
    let sealer = Sealer(sender: node, cipher: cipher, prefix: 1, sealed: Sealer.frameLimit - 1)
    let long = [UInt8](repeating: 0, count: 65_536)
    #expect(throws: SealingError.payloadTooLong) { try sealer.sealed(header, long.span.raw) }
    let nothing: [UInt8] = []
    _ = try sealer.sealed(header, nothing.span.raw)
    #expect(throws: SealingError.exhausted) { try sealer.sealed(header, nothing.span.raw) }
    #expect(throws: SealingError.exhausted) { try sealer.sealed(header, nothing.span.raw) }
    #expect(sealer.sealed == Sealer.frameLimit)
  }

  @Test("gives no counter twice, however many threads seal", .timeLimit(.minutes(1)))
  func threads() async throws {
    let sealer = Sealer(sender: node, cipher: cipher, prefix: 1)
    let header = header
    let counters = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let payload: [UInt8] = [1]
          return try (0..<500).map { _ in
            let frame = try sealer.sealed(header, payload.span.raw)
            return frame[12..<20].reduce(0) { $0 << 8 | UInt64($1) }
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(counters) == Set(1...2_000))
    #expect(sealer.sealed == 2_000)
  }
}
