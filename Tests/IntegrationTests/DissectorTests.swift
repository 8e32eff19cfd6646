import Foundation
import PilotTesting
import PilotTransport
import PilotConsole
import PilotWire
import Testing

/// The dissector for Wireshark, by tshark, on what a capture writes. Where there is no tshark, it isn't run.
@Suite("The dissector", .timeLimit(.minutes(2)), .enabled(if: Tshark.isThere))
struct DissectorTests {
  /// A frame, and how tshark tells of it.
  private struct Example {
    let frame: [UInt8]
    let text: String

    init(_ frame: borrowing some FrameEncodable & ~Escapable, _ text: String) { self.init(frame.encoded(), text) }

    init(_ frame: [UInt8], _ text: String) {
      self.frame = frame
      self.text = text
    }
  }

  private static let node = NodeID(7)
  private static let peer = NodeID(9)

  private static func examples() throws -> [Example] {
    let (node, peer) = (try #require(node), try #require(peer))
    let signature = try Signature(bytes: [UInt8](repeating: 5, count: 64).span.raw)
    let key = try #require(PublicKey(base64: Data(repeating: 3, count: 32).base64EncodedString()))
    let endpoint = Endpoint(ipv4: 192, 0, 2, 7, port: 4_000)
    let site = Endpoint(high: 0x2001_0DB8_0000_0000, low: 7, port: 4_000)
    let challenge = DiscoverChallenge(
      node: node, stamp: ChallengeStamp(rawValue: 2), token: ChallengeToken(high: 1, low: 2))
    let name = try #require(BeaconName(host: "beacon.example", port: 443))
    let magic: (String, Int) -> [UInt8] = { Array($0.utf8) + [0, 0, 0, 7] + [UInt8](repeating: 1, count: $1) }
    let relay: ([UInt8]) -> [UInt8] = { Relay(sender: node, destination: peer, payload: $0.span.raw).encoded() }
    return [
      Example(Discover(node: nil), "Discover: what is my address?"),
      Example(Discover(node: node, publicKey: key), "Discover: node 7, with a key"),
      Example(Discover(node: node, wantsDestination: true), "DiscoverEx: node 7"),
      Example(DiscoverReply(endpoint: endpoint), "DiscoverReply: 192.0.2.7:4000"),
      Example(DiscoverReply(endpoint: site), "DiscoverReply: [2001:db8::7]:4000"),
      Example(PunchRequest(requester: node, target: peer), "PunchRequest: 7 → 9"),
      Example(
        PunchRequest(requester: node, target: peer, grant: PunchGrant(expiry: 5, signature: signature)),
        "PunchRequest: 7 → 9, with a grant"),
      Example(PunchCommand(endpoint: endpoint), "PunchCommand: 192.0.2.7:4000"),
      Example(relay([1, 2, 3]), "Relay: 7 → 9, 3 bytes"),
      Example(relay(magic("PILS", 33)), "Relay: 7 → 9, PILS, from 7, 5 bytes sealed"),
      Example(RelayDeliver(sender: node, payload: [1, 2].span.raw), "RelayDeliver: from 7, 2 bytes"),
      Example(
        RelayDeliverDest(sender: node, destination: peer, payload: RawSpan()), "RelayDeliverDest: 7 → 9"),
      Example([7, 0, 0, 0, 1, 0, 2, 0, 0, 0, 7, 0, 0, 0, 0], "Sync: beacon 1, 2 nodes"),
      Example(Notify(kind: 1), "Notify: kind 1"),
      Example(challenge, "DiscoverChallenge: node 7"),
      Example(
        DiscoverProof(challenge: challenge, signature: signature, beacon: name),
        "DiscoverProof: node 7, to beacon.example:443"),
      Example(Gone(destination: peer, reason: .notAttached), "Gone: node 9, not attached"),
      Example(Gone(destination: peer, reason: .hasJustGone), "Gone: node 9, has just gone"),
      Example([0x0E, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2], "Drain: node 7, back in 1 to 2 ms"),
      Example(
        [0x0F, 0, 0, 0, 1, 0, 0, 0, 2] + [UInt8](repeating: 0, count: 24)
          + Relay.encoded(sender: node, destination: peer, payload: [1, 2]),
        "ClusterRelay: by beacon 1, 7 → 9, 2 bytes"),
      Example(Punch(), "PILP"),
      Example(magic("PILK", 32), "PILK: from 7"),
      Example(magic("PILA", 128), "PILA: from 7"),
      Example(magic("PILS", 28), "PILS: from 7, 0 bytes sealed"),
      Example(
        Array("PILT".utf8) + packet,
        "PILT: datagram 1:0001.0000.0007:49152 → 1:0001.0000.0009:7, 2 bytes"),
      // What isn't one.
      Example([], "empty frame"),
      Example([0x00, 1], "type 0x00"),
      Example([5, 0, 0], "Relay: [cut off]"),
      Example(Array("PILA".utf8), "PILA: [cut off]"),
    ]
  }

  /// A packet from port 49152 of node 7 to port 7 of node 9.
  private static let packet: [UInt8] = {
    var bytes: [UInt8] = [0x10, 2, 0, 2, 0, 1, 0, 0, 0, 7, 0, 1, 0, 0, 0, 9, 0xC0, 0, 0, 7]
    bytes += [UInt8](repeating: 0, count: 14) + [0x68, 0x69]
    let checksum = CRC32.checksum(bytes.span.raw)
    for byte in 0..<4 { bytes[30 + byte] = UInt8(truncatingIfNeeded: checksum >> (24 - 8 * UInt32(byte))) }
    return bytes
  }()

  @Test("tells every kind of frame in a capture, with direction, path and addresses")
  func everyKind() async throws {
    try await withTemporaryDirectory { folder in
      let file = folder.appending(path: "frames.pcapng").path
      let examples = try Self.examples()
      let capture = try FrameCapture.start(writingTo: file)
      let network = InMemoryNetwork()
      let peer = try network.makeTransport(at: Endpoint(ipv4: 198, 51, 100, 7, port: 9_001))
      let own = try network.makeTransport(at: Endpoint(ipv4: 192, 0, 2, 7, port: 4_000))
      let transport = capture.capturing(own, on: .udp)
      for example in examples { try transport.send(example.frame, to: peer.localEndpoint) }
      try peer.send([1, 2, 3, 4, 5], to: own.localEndpoint)
      var receiver = try transport.makeReceiver()
      _ = try await receiver.next().copiedBytes
      #expect(await capture.stop().frames == UInt64(examples.count) + 1)

      let fields = ["_ws.col.Info", "frame.packet_flags_direction", "frame.interface_name", "ip.src", "ip.dst"]
      let lines = try await Tshark.fields(fields, of: file)
      #expect(lines.count == examples.count + 1)
      for (line, example) in zip(lines, examples) {
        #expect(line == [example.text, "0x00000002", "udp", "192.0.2.7", "198.51.100.7"])
      }
      #expect(lines.last == ["Discover: node 33752069", "0x00000001", "udp", "198.51.100.7", "192.0.2.7"])

      let marks = try await Tshark.fields(["_ws.expert.message"], of: file).map { $0[0] }
      #expect(marks.filter { $0 == "Shorter than its type demands" }.count == 2)
      #expect(marks.filter { $0 == "No frame begins with this byte" }.count == 1)
      #expect(marks.filter { !$0.isEmpty }.count == 3)
    }
  }

  @Test("sees a wrong checksum")
  func wrongChecksum() async throws {
    try await withTemporaryDirectory { folder in
      let file = folder.appending(path: "checksum.pcapng").path
      let capture = try FrameCapture.start(writingTo: file)
      let network = InMemoryNetwork()
      let peer = try network.makeTransport()
      let transport = capture.capturing(try network.makeTransport(), on: .wss)
      var packet = Self.packet
      packet[35] ^= 1
      for packet in [Self.packet, packet] {
        try transport.send(Array("PILT".utf8) + packet, to: peer.localEndpoint)
      }
      await capture.stop()
      let marks = try await Tshark.fields(["_ws.expert.message", "frame.interface_name"], of: file)
      #expect(marks == [["", "wss"], ["The checksum is wrong", "wss"]])
    }
  }

  @Test("reads what pilot attach captures")
  func attach() async throws {
    try await withIdentityFile { identity in
      try await TestBeacon.run { beacon in
        let file = identity.deletingLastPathComponent().appending(path: "attach.pcapng").path
        let node = try AttachProcess(
          7, "--transport", "udp", "--beacon", "udp://\(beacon.udp)", "--capture", file, identity: identity)
        #expect(try await node.event()?.event == "ready")
        node.write(#"{"relay":7,"payload":"68656c6c6f"}"#)
        #expect(try await node.event("deliver").payload == "68656c6c6f")
        node.write(#"{"close":true}"#)
        let books = try await node.event("closed")
        #expect(await node.child.exitStatus() == 0)
        let lines = try await Tshark.fields(["frame.packet_flags_direction", "_ws.col.Info"], of: file)
        // All that its books have, and nothing else.
        #expect(UInt64(lines.filter { $0[0] == "0x00000002" }.count) == books.sent)
        #expect(UInt64(lines.filter { $0[0] == "0x00000001" }.count) == books.received)
        #expect(lines.contains(["0x00000002", "Discover: node 7, with a key"]))
        #expect(lines.contains(["0x00000002", "Relay: 7 → 7, 5 bytes"]))
        #expect(lines.contains(["0x00000001", "RelayDeliver: from 7, 5 bytes"]))
      }
    }
  }
}

/// Runs tshark with the dissector.
private enum Tshark {
  static let program = ["/usr/bin/tshark", "/usr/local/bin/tshark", "/opt/homebrew/bin/tshark"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  static var isThere: Bool { program != nil }

  private static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Wireshark/pilot.lua").standardized.path

  /// These fields of each frame of a file.
  static func fields(_ names: [String], of file: String) async throws -> [[String]] {
    let process = Process()
    process.executableURL = URL(filePath: try #require(program))
    process.arguments =
      ["-X", "lua_script:\(script)", "-r", file, "-T", "fields"] + names.flatMap { ["-e", $0] }
    process.environment = ["HOME": "/nonexistent", "LC_ALL": "C.UTF-8"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    async let text = CommandLineProgram.contents(of: output)
    #expect(await CommandLineProgram.status(of: process) == 0)
    return try await text.split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }
}

private func withTemporaryDirectory(_ body: (URL) async throws -> Void) async throws {
  let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
  defer { try? FileManager.default.removeItem(at: directory) }
  try await body(directory)
}
