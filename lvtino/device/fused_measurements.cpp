#include "lvtino/core/error.hpp"
#include "lvtino/core/tensor.hpp"
#include "lvtino/device/fused_steps.hpp"
#include "lvtino/device/measurement_table.hpp"

namespace lvtino::device {
namespace {

constexpr auto kNumber = kernels::Number::bfloat16;
constexpr double kItem = 2;

using Numbers = Buffer<std::uint16_t>;

// 1.5 throughout: no kernel looks at what the numbers are.
Numbers filled_with_numbers(const Stream& stream, std::int64_t count) {
  const std::vector<std::uint16_t> piece(1 << 20, 0x3fc0);
  Numbers out(count);
  for (std::int64_t at = 0; at < count; at += std::int64_t(piece.size()))
    stream.upload(out.data() + at, piece.data(),
                  2 * std::min<std::int64_t>(std::int64_t(piece.size()), count - at));
  return out;
}

struct Sizes {
  std::int64_t tokens, width, hidden_rows, hidden, images, channels, pixels, frames, frame_pixels;
};

void measure_tokens(MeasurementTable& table, const Stream& stream, const Sizes& s) {
  const std::int64_t count = s.tokens * s.width, head = 128;
  const double bytes = kItem * double(count);
  const Numbers x = filled_with_numbers(stream, count), y = filled_with_numbers(stream, count),
                rows = filled_with_numbers(stream, 6 * s.width);
  const Buffer<float> turns(s.tokens * head);
  stream.zero(turns.data(), turns.bytes());
  table.add("copy of tokens", 2 * bytes, [&] { stream.copy(y.data(), x.data(), x.bytes()); });
  table.add("modulated norm", 2 * bytes, [&] {
    run(kernels::ModulatedNorm{kNumber, x.data(), rows.data(), rows.data() + s.width, y.data(),
                               s.tokens, s.width, s.tokens, 0, 1e-6f},
        stream);
  });
  table.add("RMS norm and rotation", 2 * bytes + double(turns.bytes()), [&] {
    run(kernels::RmsNormed{kNumber, x.data(), rows.data(), turns.data(), y.data(), s.tokens,
                           s.width, s.tokens, head, 1e-6f, false, false},
        stream);
  });
  table.add("gated sum", 3 * bytes, [&] {
    run(kernels::GatedSum{kNumber, x.data(), rows.data(), y.data(), s.tokens, s.width, s.tokens, 0},
        stream);
  });
}

void measure_images(MeasurementTable& table, const Stream& stream, const Sizes& s) {
  const Numbers wide = filled_with_numbers(stream, 2 * s.hidden_rows * s.hidden),
                out = filled_with_numbers(stream, s.hidden_rows * s.hidden);
  table.add("GEGLU", 3 * double(out.bytes()), [&] {
    run(kernels::Geglu{kNumber, wide.data(), out.data(), s.hidden_rows, s.hidden}, stream);
  });
  const std::int64_t count = s.images * s.channels * s.pixels;
  const Numbers x = filled_with_numbers(stream, count), y = filled_with_numbers(stream, count),
                gain = filled_with_numbers(stream, s.channels);
  for (const bool last : {true, false}) {
    kernels::GroupNormed step{kNumber,    x.data(), gain.data(), gain.data(), y.data(), s.images,
                              s.channels, s.pixels, 32,          1e-5f,       last,     true};
    const Buffer<float> scratch(kernels::group_norm_scratch(step));
    step.scratch = scratch.data();
    table.add(last ? "group norm, SiLU, channels last" : "group norm, SiLU, channels first",
              3 * double(x.bytes()), [&] { run(step, stream); });
  }
}

void measure_frames(MeasurementTable& table, const Stream& stream, const Sizes& s) {
  constexpr std::int64_t kChannels = 96;
  const std::int64_t rows = s.frames * s.frame_pixels;
  const Numbers x = filled_with_numbers(stream, rows * kChannels),
                y = filled_with_numbers(stream, rows * kChannels),
                gain = filled_with_numbers(stream, kChannels);
  table.add("channel norm, SiLU", 2 * double(x.bytes()), [&] {
    run(kernels::RmsNormed{kNumber, x.data(), gain.data(), nullptr, y.data(), rows, kChannels, 1, 2,
                           1e-12f, true, true},
        stream);
  });
}

}  // namespace

void measure_fused(const Stream& stream, const std::string& size, std::ostream& out) {
  const Sizes full{7 * 48 * 80, 1536, 5 * 48 * 80, 2560, 5, 320, 96 * 160, 4, 768 * 1280},
      small{7 * 6, 1536, 5 * 48, 2560, 2, 320, 96, 1, 96 * 16};
  const Sizes& s = size == "small" ? small : full;
  MeasurementTable table(stream,
                         text("published networks, bfloat16: ", s.tokens, " tokens of ", s.width,
                              ", ", s.images, " images of ", s.channels, " x ", s.pixels),
                         out);
  measure_tokens(table, stream, s);
  measure_images(table, stream, s);
  measure_frames(table, stream, s);
}

}  // namespace lvtino::device
