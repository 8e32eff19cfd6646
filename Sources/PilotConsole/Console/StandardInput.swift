/// A descriptor that is read to its end, for commands that take a short text from standard input.
package struct StandardInput: Sendable {
  private let descriptor: Int32

  /// The process's own standard input, or another descriptor, which stays the caller's.
  package init(descriptor: Int32 = 0) {
    self.descriptor = descriptor
  }

  /// All that comes until the end. Blocks until then.
  ///
  /// - Throws: A failure if more than `limit` bytes come, or the system refuses.
  package func text(limit: Int) throws(CommandFailure) -> String {
    var bytes: [UInt8] = []
    while true {
      let chunk: [UInt8]
      do throws(BlockingRead.Failure) {
        chunk = try BlockingRead.bytes(from: descriptor, atMost: 16 * 1024)
      } catch {
        throw CommandFailure(
          "standard input can't be read: \(error.reason)", hint: "pipe the text in, or give it as an argument")
      }
      guard !chunk.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk
      guard bytes.count <= limit else {
        throw CommandFailure("there are more than \(limit) bytes on standard input", hint: "give one frame at a time")
      }
    }
  }
}
