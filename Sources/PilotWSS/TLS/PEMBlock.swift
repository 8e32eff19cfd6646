import PilotIdentity

/// One `-----BEGIN …-----` with its end, or up to the end of the file (RFC 7468).
struct PEMBlock {
  /// `CERTIFICATE`, `EC PRIVATE KEY`.
  let label: String
  /// Its lines, the first and the last one included.
  private(set) var text: [UInt8]
  private(set) var isEncrypted: Bool

  var isCertificate: Bool { ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"].contains(label) }
  var isPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }

  private init(label: String) {
    self.label = label
    text = []
    isEncrypted = label == "ENCRYPTED PRIVATE KEY"
  }

  /// All blocks of a file. Any text may stand between them; a mark of the byte order before the first one is read over.
  static func all(in bytes: [UInt8]) -> [PEMBlock] {
    var blocks: [PEMBlock] = []
    var current: PEMBlock?
    for raw in bytes.dropFirst(ByteOrderMark.length(in: bytes)).split(separator: UInt8(ascii: "\n")) {
      var line = raw
      while let last = line.last, last <= 0x20 { line.removeLast() }
      if let label = label(of: line, after: "-----BEGIN ") {
        if let open = current { blocks.append(open) }
        current = PEMBlock(label: label)
      }
      guard var block = current else { continue }
      current = nil
      block.add(line)
      if label(of: line, after: "-----END ") == block.label { blocks.append(block) } else { current = block }
    }
    return blocks + (current.map { [$0] } ?? [])
  }

  private mutating func add(_ line: ArraySlice<UInt8>) {
    text += line
    text.append(UInt8(ascii: "\n"))
    // The encryption of RFC 1421, which OpenSSL still writes for keys of the older labels.
    if line.starts(with: "Proc-Type:".utf8), line.suffix(9).elementsEqual("ENCRYPTED".utf8) { isEncrypted = true }
  }

  private static func label(of line: ArraySlice<UInt8>, after start: String) -> String? {
    let dashes = "-----".utf8
    guard line.count > start.utf8.count + dashes.count, line.starts(with: start.utf8),
      line.suffix(dashes.count).elementsEqual(dashes)
    else { return nil }
    return String(decoding: line.dropFirst(start.utf8.count).dropLast(dashes.count), as: UTF8.self)
  }
}
