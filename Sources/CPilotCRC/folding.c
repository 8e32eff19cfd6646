#include "CPilotCRC.h"

/* x86-64: carry-less multiplication, after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ
 * Instruction" (Intel, 2009), whose names for the steps stand in the comments. The constants are powers of x modulo the
 * polynomial, bit-reflected and shifted by one, as they are there. */
#if defined(__x86_64__)

#include <smmintrin.h>
#include <wmmintrin.h>

#define FOLDING __attribute__((target("pclmul,sse4.1")))

bool cpilot_crc32_can_fold(void) {
  return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

/* Moves a sum on by the distance that the keys are for, and adds what is there. */
FOLDING static inline __m128i fold(__m128i sum, __m128i keys, __m128i there) {
  const __m128i low = _mm_clmulepi64_si128(sum, keys, 0x00);
  const __m128i high = _mm_clmulepi64_si128(sum, keys, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

FOLDING static inline __m128i load(const uint8_t *bytes) {
  return _mm_loadu_si128((const __m128i *)bytes);
}

FOLDING uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  const __m128i by64 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by16 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i by4 = _mm_set_epi64x(0, 0x0163cd6124);
  const __m128i barrett = _mm_set_epi64x(0x01f7011641, 0x01db710641);
  const __m128i low32 = _mm_setr_epi32(-1, 0, -1, 0);

  /* Four sums side by side, so that a multiplication needn't wait for the one before. */
  __m128i a = _mm_xor_si128(load(bytes), _mm_cvtsi32_si128((int)crc));
  __m128i b = load(bytes + 16), c = load(bytes + 32), d = load(bytes + 48);
  for (bytes += 64, length -= 64; length >= 64; bytes += 64, length -= 64) {
    a = fold(a, by64, load(bytes));
    b = fold(b, by64, load(bytes + 16));
    c = fold(c, by64, load(bytes + 32));
    d = fold(d, by64, load(bytes + 48));
  }
  a = fold(fold(fold(a, by16, b), by16, c), by16, d);
  for (; length >= 16; bytes += 16, length -= 16) a = fold(a, by16, load(bytes));

  /* "Final reduction of 128 bits", then "Barrett reduction". */
  a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by16, 0x10));
  a = _mm_xor_si128(_mm_srli_si128(a, 4), _mm_clmulepi64_si128(_mm_and_si128(a, low32), by4, 0x00));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low32), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low32), barrett, 0x00);
  return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, quotient), 1);
}

/* arm64: CRC32X (Arm Architecture Reference Manual for A-profile, C6.2). */
#elif defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))

#include <arm_acle.h>
#include <string.h>

#if defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>

bool cpilot_crc32_can_fold(void) { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
bool cpilot_crc32_can_fold(void) { return true; }
#endif

__attribute__((target("crc"))) uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  for (; length >= 8; bytes += 8, length -= 8) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    crc = __crc32d(crc, word);
  }
  return crc;
}

#else

bool cpilot_crc32_can_fold(void) { return false; }

uint32_t cpilot_crc32_fold(uint32_t crc, const uint8_t *bytes, size_t length) {
  (void)bytes, (void)length;
  return crc;
}

#endif
