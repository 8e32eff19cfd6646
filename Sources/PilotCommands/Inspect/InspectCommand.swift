internal import ArgumentParser
import PilotConsole
internal import PilotWire

/// `pilot inspect`.
struct InspectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Decode a frame of any kind to one line of JSON.",
    discussion: """
      Knows beacon messages and tunnel frames. A tunnel frame that travels as the payload of a beacon message is \
      decoded with it. Payloads are in hex, keys and signatures in Base64. Nothing is decrypted, and no signature is \
      verified. A frame that is no frame: exit 1, and the reason.

      Example:
        pilot inspect 05 00000001 00000007 50494c50 00000001
        xxd -p frame.bin | pilot inspect -
      """)

  @Argument(help: "The frame in hex; white space and colons are skipped. '-' reads it from standard input.")
  var hex: [String]

  @Flag(help: "The bytes are a bare packet, as it stands inside a tunnel frame.")
  var packet = false

  func run() async throws {
    let text = hex == ["-"] ? try StandardInput().text(limit: Self.inputLimit) : hex.joined(separator: " ")
    let bytes = try HexInput.bytes(of: text)
    let description: JSONValue
    do throws(WireError) {
      description = try Self.describe(bytes.span.raw, isPacket: packet)
    } catch {
      throw CommandFailure(error.description, hint: hint(for: bytes))
    }
    try await Console.standard.print(description)
  }

  /// The most that is read of standard input, in bytes: the longest frame, at some eight characters a byte.
  private static let inputLimit = 512 * 1024

  /// What the bytes are.
  ///
  /// - Throws: `WireError`, for bytes that are nothing, or too many for a frame.
  static func describe(_ bytes: RawSpan, isPacket: Bool) throws(WireError) -> JSONValue {
    guard bytes.byteCount <= FrameLimits.maximumOverWSS else {
      throw .payloadTooLong(limit: FrameLimits.maximumOverWSS, had: bytes.byteCount)
    }
    return isPacket ? try PacketDescription.of(bytes, kind: "packet") : try FrameDescription.of(bytes)
  }

  private func hint(for bytes: [UInt8]) -> String {
    let mayBePacket = !packet && bytes.first.map { $0 >> 4 == Packet.version } ?? false
    return mayBePacket ? "for a bare packet add --packet" : "give one whole frame"
  }
}
