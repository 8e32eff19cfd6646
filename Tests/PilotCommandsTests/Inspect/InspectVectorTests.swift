import PilotConsole
import PilotWire
import Testing

@testable import PilotCommands

/// What the command makes of hex.
func inspect(_ hex: String, isPacket: Bool = false) throws -> JSONValue {
  try inspect(HexInput.bytes(of: hex), isPacket: isPacket)
}

/// What the command makes of bytes.
func inspect(_ bytes: [UInt8], isPacket: Bool = false) throws -> JSONValue {
  let span = bytes.span.raw
  return try InspectCommand.describe(span, isPacket: isPacket)
}

@Suite("Inspecting the vectors of the wire reference")
struct InspectVectorTests {
  @Test("beacon messages: each field of the vector is in the line")
  func messages() throws {
    let messages = try InspectVectors.load().beacon_messages
    #expect(messages.count >= 16)
    for message in messages {
      let line = try inspect(message.hex)
      let kind = message.name.split(separator: "-").joined(separator: "_")
      guard case .string(let name) = line["kind"] else {
        Issue.record("\(message.name) has no kind")
        continue
      }
      #expect(kind.hasPrefix(name), "\(message.name)")
      for (field, value) in message.fields where !["note", "signer"].contains(field) {
        #expect(member(field, of: line) == json(value), "\(message.name), \(field)")
      }
      #expect((line["public_key"] != nil) == (message.fields["public_key"] != nil), "\(message.name)")
      #expect((line["grant"] != nil) == (message.fields["expiry"] != nil), "\(message.name)")
    }
  }

  /// Where the line has what a vector calls `field`.
  private func member(_ field: String, of line: JSONValue) -> JSONValue? {
    switch field {
    case "payload_hex": line["payload"]
    case "kind": line["notice"]
    case "expiry", "signed_text": line["grant"]?[field]
    default: line[field]
    }
  }

  private func json(_ field: InspectVectors.Field) -> JSONValue {
    switch field {
    case .number(let number): .int(number)
    case .text(let text): .string(text)
    case .numbers(let numbers): .array(numbers.map { .int($0) })
    }
  }

  @Test("packets, bare and in a tunnel frame, by itself and relayed")
  func packets() throws {
    let protocols: [UInt8: JSONValue] = [1: "stream", 2: "datagram", 3: "control"]
    for packet in try InspectVectors.load().packets {
      let bare = try inspect(packet.packet_hex, isPacket: true)
      #expect(bare["kind"] == "packet")
      let plain = try inspect("50494c54" + packet.packet_hex)
      #expect(plain["kind"] == "plain")
      let relayed = try inspect("050000000100000007" + "50494c54" + packet.packet_hex)
      #expect(relayed["frame"] == plain)
      for line in [bare, plain["packet"]] {
        #expect(line?["protocol"] == protocols[packet.protocol])
        #expect(line?["source"] == "\(packet.src):\(packet.src_port)")
        #expect(line?["destination"] == "\(packet.dst):\(packet.dst_port)")
        #expect(line?["sequence"] == .int(packet.seq))
        #expect(line?["acknowledgement"] == .int(packet.ack))
        #expect(line?["window"] == .int(packet.window))
        #expect(line?["payload"] == .string(packet.payload_hex))
        let names: [JSONValue] = [(1, "SYN"), (2, "ACK"), (4, "FIN"), (8, "RST")].compactMap { bit, name in
          packet.flags & bit == 0 ? nil : name
        }
        #expect(line?["flags"] == .array(names), "\(packet.name)")
      }
    }
  }

  @Test("tunnel frames")
  func tunnel() throws {
    let tunnel = try InspectVectors.load().tunnel
    for vector in tunnel.sealed_PILS {
      let line = try inspect(vector.frame_hex)
      #expect(line["kind"] == "sealed")
      #expect(line["sender"] == .int(vector.sender))
      #expect(line["nonce_prefix"] == .string(vector.nonce_prefix_hex))
      #expect(line["counter"] == .int(vector.counter))
    }
    for vector in tunnel.auth_key_exchange_PILA {
      let line = try inspect(vector.frame_hex)
      #expect(line["kind"] == "authenticated_key_exchange")
      #expect(line["sender"] == .int(vector.node_id))
      for (name, length) in [("agreement_key", 44), ("public_key", 44), ("signature", 88)] {
        guard case .string(let text) = line[name] else {
          Issue.record("no \(name)")
          continue
        }
        #expect(text.count == length, "Base64 of the whole \(name)")
      }
    }
    #expect(try inspect(tunnel.key_exchange_PILK_hex)["kind"] == "key_exchange")
    #expect(try inspect(tunnel.punch_PILP_hex).line == #"{"kind":"punch"}"#)
    #expect(try inspect(tunnel.plain_PILT_hex)["kind"] == "plain")
  }

  @Test("what is rejected is refused with a reason")
  func rejected() throws {
    let vectors = try InspectVectors.load()
    for vector in vectors.beacon_messages_rejected {
      #expect(throws: WireError.self, "\(vector.why)") { try inspect(vector.hex) }
    }
    for vector in vectors.packets_rejected {
      #expect(throws: WireError.self, "\(vector.why)") { try inspect(vector.hex, isPacket: true) }
      #expect(throws: WireError.self, "\(vector.why), in a frame") { try inspect("50494c54" + vector.hex) }
    }
  }

  @Test("no prefix and no flipped bit of a vector does worse than being refused")
  func hostile() throws {
    let vectors = try InspectVectors.load()
    let frames =
      vectors.beacon_messages.map(\.hex) + [vectors.tunnel.plain_PILT_hex, vectors.tunnel.key_exchange_PILK_hex]
      + vectors.tunnel.auth_key_exchange_PILA.map(\.frame_hex) + vectors.tunnel.sealed_PILS.prefix(1).map(\.frame_hex)
    for frame in frames {
      let bytes = try HexInput.bytes(of: frame)
      for length in bytes.indices {
        _ = try? inspect(Array(bytes[..<length]))
      }
      for bit in 0..<8 * bytes.count {
        var flipped = bytes
        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
        guard let value = try? inspect(flipped) else { continue }
        #expect(value["kind"] != nil)
        #expect(!value.line.contains("\n"))
      }
    }
  }
}
