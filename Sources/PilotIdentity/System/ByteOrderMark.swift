/// The three bytes that some editors put in front of a text in UTF-8 (RFC 3629, section 6). They mean nothing, aren't shown
/// on any screen, and are read over in the files that people write.
package enum ByteOrderMark {
  private static let bytes: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// How many bytes of it stand in front of a text: 3 or 0.
  package static func length(in text: [UInt8]) -> Int { text.starts(with: bytes) ? bytes.count : 0 }
}
