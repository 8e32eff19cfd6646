/// Why a line did not reach standard output.
package enum OutputError: Error, Hashable {
  /// Whoever read it has gone (EPIPE). No fault: the program ends without a word.
  case closed
  /// The system refused the bytes: most often the disk is full. The system's own text.
  case system(String)
}
