import PilotIdentity
import PilotTransport
import PilotTunnel
import PilotWire

/// Packets of a session, sealed and opened, beside what the cipher alone takes for the same bytes.
extension HotPath {
  static let tunnel: [HotPath] = [
    HotPath("tunnel-seal-1200", bytes: 1200) { count, stopwatch in try tunnelSeal(1200, count, &stopwatch) },
    HotPath("tunnel-seal-open-1200", bytes: 1200) { count, stopwatch in try tunnelSealOpen(1200, count, &stopwatch) },
    HotPath("cipher-seal-1200", bytes: 1200) { count, stopwatch in try cipherSeal(1200, count, &stopwatch) },
    HotPath("cipher-seal-open-1200", bytes: 1200) { count, stopwatch in try cipherSealOpen(1200, count, &stopwatch) },
  ]

  private static func tunnelSeal(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let pair = try SessionPair()
    let payloads = Samples(length: length)
    let memory = SealedMemory(length: length + Sealer.overhead)
    let sealer = pair.sealer
    let header = pair.header
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      memory.write { output in
        sum &+= (try? sealer.seal(header, payloads.bytes(at: index), into: &output)) == nil ? 0 : 1
      }
    }
    stopwatch.stop()
    guard sum == UInt64(count) else { throw UnexpectedResult(what: "\(count - Int(sum)) packets weren't sealed") }
    return sum
  }

  private static func tunnelSealOpen(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    var pair = try SessionPair()
    let payloads = Samples(length: length)
    let memory = SealedMemory(length: length + Sealer.overhead)
    let sealer = pair.sealer
    let header = pair.header
    var plaintext = [UInt8](repeating: 0, count: length + Sealer.overhead)
    var sum: UInt64 = 0
    stopwatch.start()
    for index in 0..<count {
      memory.write { output in
        sum &+= (try? sealer.seal(header, payloads.bytes(at: index), into: &output)) == nil ? 0 : 1
      }
      if pair.opens(memory, into: &plaintext) { sum &+= 1 }
    }
    stopwatch.stop()
    guard sum == 2 * UInt64(count) else { throw UnexpectedResult(what: "not all packets were opened") }
    return sum
  }

  private static func cipherSeal(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let cipher = try SessionPair.cipher()
    let memory = SealedMemory(length: length + Sealer.overhead)
    var sum: UInt64 = 0
    stopwatch.start()
    for _ in 0..<count {
      if memory.change({ cipher.seal(&$0) }) { sum &+= 1 }
    }
    stopwatch.stop()
    return sum
  }

  private static func cipherSealOpen(_ length: Int, _ count: Int, _ stopwatch: inout Stopwatch) throws -> UInt64 {
    let cipher = try SessionPair.cipher()
    let memory = SealedMemory(length: length + Sealer.overhead)
    let plaintext = SealedMemory(length: length + Sealer.overhead)
    var sum: UInt64 = 0
    stopwatch.start()
    for _ in 0..<count {
      if memory.change({ cipher.seal(&$0) }) { sum &+= 1 }
      if plaintext.change({ cipher.open(memory.bytes, into: &$0) }) { sum &+= 1 }
    }
    stopwatch.stop()
    guard sum == 2 * UInt64(count) else { throw UnexpectedResult(what: "not all frames were opened") }
    return sum
  }
}

/// Two machines with a session.
private struct SessionPair {
  let sealer: Sealer
  let header: PacketHeader
  private var receiver: TunnelMachine
  private let now = MonotonicInstant(nanoseconds: 1)

  init() throws {
    let nodes = try Samples.nodes(2)
    let identities = [Identity(), Identity()]
    let now = MonotonicInstant(nanoseconds: 1)
    var machines = zip(nodes, identities).map { node, identity in
      TunnelMachine(id: node, identity: identity, random: SystemRandomNumberGenerator(), at: now)
    }
    machines[0].connect(to: nodes[1], at: now)
    var isBusy = true
    while isBusy {
      isBusy = false
      for index in 0...1 {
        while let output = machines[index].nextOutput() {
          isBusy = true
          switch output {
          case .lookUp(let node):
            guard let known = nodes.firstIndex(of: node) else { continue }
            machines[index].learned(.key(identities[known].publicKey), of: node, at: now)
          case .send(let frame, _, _):
            let memory = SealedMemory(length: frame.count)
            _ = memory.change { plaintext in
              machines[1 - index].receive(
                frame.span.raw, by: .relay, relayedFor: nodes[index], at: now, into: &plaintext)
            }
          default: continue
          }
        }
      }
    }
    guard let sealer = machines[0].sealer(for: nodes[1]), machines[1].sealer(for: nodes[0]) != nil else {
      throw UnexpectedResult(what: "no session")
    }
    let ends = nodes.map {
      PilotSocketAddress(address: PilotAddress(network: 0, node: $0.rawValue), port: PilotPort.data)
    }
    self.sealer = sealer
    header = PacketHeader(protocol: .datagram, source: ends[0], destination: ends[1])
    receiver = machines[1]
  }

  static func cipher() throws -> PacketCipher {
    var random = SystemRandomNumberGenerator()
    let pair = AgreementKeyPair(using: &random)
    guard let cipher = pair.cipher(with: AgreementKeyPair(using: &random).publicKey) else {
      throw UnexpectedResult(what: "no cipher")
    }
    return cipher
  }

  mutating func opens(_ frame: SealedMemory, into plaintext: inout [UInt8]) -> Bool {
    var span = plaintext.mutableSpan
    // SAFETY: UInt8 has no padding and takes any bit pattern.
    var bytes = unsafe span.mutableBytes
    let reception = receiver.receive(
      frame.bytes, by: .relay, relayedFor: sealer.sender, at: now, into: &bytes)
    if case .packet = reception { return true }
    return false
  }
}

/// Memory for one frame, which is written over and over.
@safe
private final class SealedMemory {
  private let memory: UnsafeMutableRawBufferPointer

  init(length: Int) {
    unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 16)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 7)
  }

  deinit {
    unsafe memory.deallocate()
  }

  var bytes: RawSpan {
    @_lifetime(borrow self)
    get {
      // SAFETY: the memory lives as long as the object, and is initialised from its start.
      unsafe _overrideLifetime(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(memory)), borrowing: self)
    }
  }

  func write(_ body: (inout OutputRawSpan) -> Void) {
    // SAFETY: nobody else uses the memory meanwhile.
    var output = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
    body(&output)
    _ = unsafe output.finalize(for: memory)
  }

  func change<Result>(_ body: (inout MutableRawSpan) -> Result) -> Result {
    // SAFETY: nobody else uses the memory meanwhile.
    var bytes = unsafe MutableRawSpan(_unsafeBytes: memory)
    return body(&bytes)
  }
}
