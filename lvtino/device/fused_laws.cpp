#include <functional>

#include "lvtino/core/error.hpp"
#include "lvtino/device/fused_steps.hpp"
#include "lvtino/device/kernel_sets.hpp"
#include "priors/nn/fused.hpp"
#include "priors/nn/rotary_embedding.hpp"

// The kernels of the networks against the plain path in float64, on the same numbers.
namespace lvtino::device {
namespace {

using kernels::Number;

constexpr at::ScalarType kTypes[] = {at::kFloat, at::kBFloat16, at::kHalf};

Number number_of(at::ScalarType dtype) {
  return dtype == at::kFloat      ? Number::float32
         : dtype == at::kBFloat16 ? Number::bfloat16
                                  : Number::float16;
}

// A tensor's bytes, dense as they are.
using Bytes = Buffer<std::uint8_t>;
Bytes uploaded(const Stream& stream, const Tensor& x) {
  return Bytes(stream, static_cast<const std::uint8_t*>(x.const_data_ptr()),
               std::int64_t(x.nbytes()));
}
// Into a tensor of the same strides as `like`.
Tensor downloaded(const Stream& stream, const Bytes& x, const Tensor& like) {
  const Tensor out = at::empty_like(like);
  stream.download(out.mutable_data_ptr(), x.data(), x.bytes());
  return out;
}

// One kernel over drawn shapes, and the numbers that it is given.
struct Drawn {
  const Stream& stream;
  Extents& draw;
  at::ScalarType dtype;

  Tensor numbers(const Shape& shape, double scale = 1, double mean = 0) const {
    return (draw.normal(shape, at::kDouble) * scale + mean).to(dtype);
  }
  // A width that packs fit, or one that they do not.
  std::int64_t width(std::int64_t most) const {
    return draw.below(2) == 0 ? 8 * (1 + draw.below(most / 8)) : draw.next(most);
  }
};

Tensor exact(const Tensor& x) { return x.to(at::kDouble); }

using Law = std::function<void(const Drawn& drawn, Comparison& comparison)>;

void modulated_norm_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t batch = d.draw.next(3), tokens = d.draw.next(9), width = d.width(2600),
                     given = d.draw.below(2) == 0 ? 1 : batch;
  const Tensor x = d.numbers({batch, tokens, width}, 2, 1), m = d.numbers({given, 3, width}),
               shift = m.select(1, 1), scale = m.select(1, 2);
  const Bytes on_x = uploaded(d.stream, x), on_m = uploaded(d.stream, m), out(on_x.count());
  const std::int64_t row = width * x.element_size();
  run(kernels::ModulatedNorm{number_of(d.dtype), on_x.data(), on_m.data() + row,
                             on_m.data() + 2 * row, out.data(), batch * tokens, width, tokens,
                             given == 1 ? 0 : 3 * width, 1e-6f},
      d.stream);
  comparison.add(exact(downloaded(d.stream, out, x)),
                 nn::modulated_norm(exact(x), exact(shift), exact(scale), 1e-6),
                 to_string(shape_of(x)));
}

void rms_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t rows = d.draw.next(9), width = d.width(2600);
  const bool euclidean = d.draw.below(2) == 0, silu = euclidean && d.draw.below(2) == 0;
  const Tensor x = d.numbers({1, rows, width}, 3), weight = d.numbers({width}, 0.3, 1);
  const Bytes on_x = uploaded(d.stream, x), on_weight = uploaded(d.stream, weight),
              out(on_x.count());
  run(kernels::RmsNormed{number_of(d.dtype), on_x.data(), on_weight.data(), nullptr, out.data(),
                         rows, width, 1, 2, euclidean ? 1e-12f : 1e-6f, euclidean, silu},
      d.stream);
  // Frames [1, 1, C, rows, 1] whose channels lie side by side.
  const Tensor expected =
      euclidean ? nn::channel_normed(exact(x).transpose(1, 2).view({1, 1, width, rows, 1}),
                                     exact(weight).view({width, 1, 1}), silu)
                      .view({1, width, rows})
                      .transpose(1, 2)
                : nn::rms_normed(exact(x), exact(weight), 1e-6);
  comparison.add(exact(downloaded(d.stream, out, x)), expected, to_string(shape_of(x)));
}

void rotation_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t batch = d.draw.next(2), head = 6 + 2 * d.draw.below(64),
                     width = head * d.draw.next(12);
  const std::array<std::int64_t, 3> grid = {d.draw.next(3), d.draw.next(3), d.draw.next(3)};
  const Tensor table = nn::rotary_table(grid, head, at::kCPU), turns = table.to(at::kComplexFloat);
  const std::int64_t tokens = table.size(0);
  const Tensor x = d.numbers({batch, tokens, width}, 3), weight = d.numbers({width}, 0.3, 1);
  const Bytes on_x = uploaded(d.stream, x), on_weight = uploaded(d.stream, weight),
              on_turns = uploaded(d.stream, turns);
  // In place, as the networks do.
  run(kernels::RmsNormed{number_of(d.dtype), on_x.data(), on_weight.data(),
                         reinterpret_cast<const float*>(on_turns.data()), on_x.data(),
                         batch * tokens, width, tokens, head, 1e-6f, false, false},
      d.stream);
  comparison.add(exact(downloaded(d.stream, on_x, x)),
                 nn::rms_normed(exact(x), exact(weight), 1e-6, table),
                 text(to_string(shape_of(x)), " heads of ", head));
}

void gated_sum_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t batch = d.draw.next(3), tokens = d.draw.next(9), width = d.width(2600),
                     given = d.draw.below(2) == 0 ? 1 : batch;
  const Tensor x = d.numbers({batch, tokens, width}), y = d.numbers({batch, tokens, width}),
               gate = d.numbers({given, width});
  const Bytes on_x = uploaded(d.stream, x), on_y = uploaded(d.stream, y),
              on_gate = uploaded(d.stream, gate);
  run(kernels::GatedSum{number_of(d.dtype), on_x.data(), on_gate.data(), on_y.data(),
                        batch * tokens, width, tokens, given == 1 ? 0 : width},
      d.stream);
  comparison.add(exact(downloaded(d.stream, on_y, y)),
                 nn::gated_sum(exact(x), exact(gate), exact(y).clone()), to_string(shape_of(x)));
}

void geglu_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t rows = d.draw.next(9), width = d.width(2600);
  const Tensor wide = d.numbers({rows, 2 * width}, 2), out = at::empty({rows, width}, d.dtype);
  const Bytes on_wide = uploaded(d.stream, wide), result(std::int64_t(out.nbytes()));
  run(kernels::Geglu{number_of(d.dtype), on_wide.data(), result.data(), rows, width}, d.stream);
  comparison.add(exact(downloaded(d.stream, result, out)), nn::geglu(exact(wide).clone()),
                 to_string(shape_of(wide)));
}

void group_norm_law(const Drawn& d, Comparison& comparison) {
  const std::int64_t images = d.draw.next(3), groups = d.draw.next(9),
                     channels = groups * d.draw.next(40), height = d.draw.next(30),
                     width = d.draw.below(2) == 0 ? 8 * d.draw.next(5) : d.draw.next(30);
  const bool last = d.draw.below(2) == 0, silu = d.draw.below(2) == 0;
  const Tensor x = d.numbers({images, channels, height, width}, 2, 3)
                       .contiguous(last ? at::MemoryFormat::ChannelsLast
                                        : at::MemoryFormat::Contiguous),
               weight = d.numbers({channels}, 0.3, 1), bias = d.numbers({channels});
  const Bytes on_x = uploaded(d.stream, x), on_weight = uploaded(d.stream, weight),
              on_bias = uploaded(d.stream, bias), out(on_x.count());
  kernels::GroupNormed step{
      number_of(d.dtype), on_x.data(),    on_weight.data(), on_bias.data(), out.data(), images,
      channels,           height * width, groups,           1e-5f,          last,       silu};
  const Buffer<float> scratch(kernels::group_norm_scratch(step));
  step.scratch = scratch.data();
  run(step, d.stream);
  comparison.add(
      exact(downloaded(d.stream, out, x)),
      nn::group_normed(exact(x), groups, exact(weight), exact(bias), 1e-5, silu),
      text(to_string(shape_of(x)), ", ", groups, " groups", last ? ", channels last" : ""));
}

}  // namespace

void add_fused_laws(const Stream& stream, int shapes, const Rng& rng, std::vector<LawReport>& out) {
  const std::pair<const char*, Law> laws[] = {{"modulated norm", modulated_norm_law},
                                              {"RMS norm", rms_law},
                                              {"RMS norm and rotation", rotation_law},
                                              {"gated sum", gated_sum_law},
                                              {"GEGLU", geglu_law},
                                              {"group norm", group_norm_law}};
  for (const auto& [name, law] : laws)
    for (const at::ScalarType dtype : kTypes) {
      Extents draw(rng.fork(name));
      Comparison comparison(name, dtype);
      for (int k = 0; k < shapes; ++k) law({stream, draw, dtype}, comparison);
      out.push_back(comparison.report());
    }
}

}  // namespace lvtino::device
