#include "priors/nn/fused.hpp"

#include <c10/core/GradMode.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstdlib>
#include <string_view>

#include "priors/nn/layers.hpp"
#include "priors/nn/rotary_embedding.hpp"

namespace lvtino::nn {
namespace {

using kernels::Number;

bool& fast_setting() {
  static bool fast = [] {
    const char* said = std::getenv("LVTINO_FAST");
    return said == nullptr || std::string_view(said) != "0";
  }();
  return fast;
}

const DeviceSteps*& device_steps() {
  static const DeviceSteps* steps = nullptr;
  return steps;
}

// The kernels' name of the dtype, where there is a kernel for these tensors.
std::optional<Number> number_of(const Tensor& x, std::initializer_list<const Tensor*> others) {
  if (!is_fast() || x.numel() == 0 || (c10::GradMode::is_enabled() && x.requires_grad())) return {};
  if (!x.is_cpu() && !(x.is_cuda() && device_steps())) return {};
  for (const Tensor* other : others)
    if (other->scalar_type() != x.scalar_type() || other->device() != x.device()) return {};
  switch (x.scalar_type()) {
    case at::kFloat:
      return Number::float32;
    case at::kBFloat16:
      return Number::bfloat16;
    case at::kHalf:
      return Number::float16;
    default:
      return {};
  }
}

template <class Step>
void run(const Step& step, const Tensor& x) {
  if (x.is_cpu()) return kernels::run(step);
  const c10::impl::VirtualGuardImpl device(x.device().type());
  device_steps()->run(step, device.getStreamNativeHandle(device.getStream(x.device())));
}

// Whether the caller gave its memory up.
bool is_ours(const Tensor& x) { return x.use_count() == 1 && x.storage().use_count() == 1; }

// Rows of numbers [B or 1, C] of which a batch has one: neighbours in a row lie side by side.
bool are_rows(const Tensor& vectors, const Tensor& x) {
  return vectors.dim() == 2 && vectors.stride(1) == 1 && vectors.size(1) == x.size(2) &&
         (vectors.size(0) == 1 || vectors.size(0) == x.size(0));
}
std::int64_t stride_of(const Tensor& vectors) {
  return vectors.size(0) == 1 ? 0 : vectors.stride(0);
}

Tensor plain_rms_normed(const Tensor& x, const Tensor& weight, double epsilon) {
  const Tensor exact = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  const Tensor scale = at::rsqrt(exact.square().mean(-1, /*keepdim=*/true) + epsilon);
  // A copy of our own is worked on in place: these are the largest arrays of some networks.
  const Tensor scaled = exact.is_same(x) ? exact * scale : exact.mul_(scale);
  return scaled.to(x.scalar_type()).mul_(weight);
}

Tensor plain_channel_normed(const Tensor& frames, const Tensor& gamma, bool with_silu) {
  const bool half = frames.element_size() < 4;
  const Tensor norm = at::linalg_vector_norm(frames, 2, at::IntArrayRef{2}, /*keepdim=*/true,
                                             half ? at::kFloat : frames.scalar_type());
  // The inverse norm is one number a pixel: no copy of the frames in float32 is made.
  const Tensor scale = std::sqrt(double(frames.size(2))) / norm.clamp_min(1e-12);
  Tensor out = (frames * scale.to(frames.scalar_type())).mul_(gamma);
  if (with_silu) at::silu_(out);
  return out;
}

}  // namespace

bool is_fast() { return fast_setting(); }

FastPath::FastPath(bool fast) : before_(fast_setting()) { fast_setting() = fast; }
FastPath::~FastPath() { fast_setting() = before_; }

void use_device_steps(const DeviceSteps& steps) { device_steps() = &steps; }

Tensor modulated_norm(const Tensor& x, const Tensor& shift, const Tensor& scale, double epsilon) {
  const auto number = number_of(x, {&shift, &scale});
  if (!number || !x.is_contiguous() || !are_rows(shift, x) || !are_rows(scale, x) ||
      stride_of(shift) != stride_of(scale))
    return layer_norm(x, epsilon).mul_(1 + scale.unsqueeze(1)).add_(shift.unsqueeze(1));
  const Tensor out = at::empty_like(x);
  run(kernels::ModulatedNorm{*number, x.const_data_ptr(), shift.const_data_ptr(),
                             scale.const_data_ptr(), out.mutable_data_ptr(), x.size(0) * x.size(1),
                             x.size(2), x.size(1), stride_of(shift), float(epsilon)},
      x);
  return out;
}

Tensor rms_normed(Tensor x, const Tensor& weight, double epsilon, const Tensor& turns) {
  const auto number = number_of(x, {&weight});
  const bool fits =
      number && x.is_contiguous() && weight.is_contiguous() &&
      (!turns.defined() || (turns.scalar_type() == at::kComplexFloat && turns.is_contiguous() &&
                            turns.device() == x.device() && turns.size(0) == x.size(1)));
  if (!fits) {
    const Tensor y = plain_rms_normed(x, weight, epsilon);
    if (!turns.defined()) return y;
    return join_heads(rotate(split_heads(y, y.size(2) / (2 * turns.size(1))), turns));
  }
  const bool turned = turns.defined();
  const Tensor out = is_ours(x) ? x : at::empty_like(x);
  run(kernels::RmsNormed{*number, x.const_data_ptr(), weight.const_data_ptr(),
                         turned ? static_cast<const float*>(turns.const_data_ptr()) : nullptr,
                         out.mutable_data_ptr(), x.numel() / x.size(-1), x.size(-1),
                         turned ? turns.size(0) : 1, turned ? 2 * turns.size(1) : 2, float(epsilon),
                         /*euclidean=*/false, /*silu=*/false},
      x);
  return out;
}

Tensor gated_sum(const Tensor& x, const Tensor& gate, Tensor y) {
  const auto number = number_of(y, {&x, &gate});
  if (!number || !x.is_contiguous() || !y.is_contiguous() || !are_rows(gate, x) ||
      x.sizes() != y.sizes())
    return y.mul_(gate.unsqueeze(1)).add_(x);
  run(kernels::GatedSum{*number, x.const_data_ptr(), gate.const_data_ptr(), y.mutable_data_ptr(),
                        x.size(0) * x.size(1), x.size(2), x.size(1), stride_of(gate)},
      x);
  return y;
}

Tensor geglu(Tensor wide) {
  const auto number = number_of(wide, {});
  if (!number || !wide.is_contiguous() || wide.size(-1) % 2 != 0) {
    std::vector<Tensor> halves = wide.chunk(2, -1);
    return halves[0] * at::gelu_(halves[1]);
  }
  Shape shape = shape_of(wide);
  shape.back() /= 2;
  const Tensor out = at::empty(shape, wide.options());
  run(kernels::Geglu{*number, wide.const_data_ptr(), out.mutable_data_ptr(),
                     out.numel() / shape.back(), shape.back()},
      wide);
  return out;
}

Tensor group_normed(const Tensor& x, std::int64_t groups, const Tensor& weight, const Tensor& bias,
                    double epsilon, bool with_silu) {
  const auto number = number_of(x, {&weight, &bias});
  const bool last = x.dim() == 4 && x.is_contiguous(at::MemoryFormat::ChannelsLast);
  if (!number || !(last || x.is_contiguous()) || !weight.is_contiguous() || !bias.is_contiguous()) {
    Tensor y = at::group_norm(x, groups, weight, bias, epsilon);
    if (with_silu) at::silu_(y);
    return y;
  }
  const Tensor out = at::empty_like(x);
  kernels::GroupNormed step{*number,
                            x.const_data_ptr(),
                            weight.const_data_ptr(),
                            bias.const_data_ptr(),
                            out.mutable_data_ptr(),
                            x.size(0),
                            x.size(1),
                            x.numel() / (x.size(0) * x.size(1)),
                            groups,
                            float(epsilon),
                            last,
                            with_silu};
  Tensor scratch;
  if (x.is_cuda()) {
    scratch = at::empty({kernels::group_norm_scratch(step)}, x.options().dtype(at::kFloat));
    step.scratch = scratch.mutable_data_ptr<float>();
  }
  run(step, x);
  return out;
}

Tensor channel_normed(const Tensor& frames, const Tensor& gamma, bool with_silu) {
  const auto number = number_of(frames, {&gamma});
  const Tensor rows = frames.permute({0, 1, 3, 4, 2});
  if (!number || !rows.is_contiguous() || !gamma.is_contiguous() || gamma.numel() != rows.size(4))
    return plain_channel_normed(frames, gamma, with_silu);
  const Tensor out = at::empty_like(frames);  // of the same strides
  run(kernels::RmsNormed{*number, frames.const_data_ptr(), gamma.const_data_ptr(), nullptr,
                         out.mutable_data_ptr(), frames.numel() / rows.size(4), rows.size(4), 1, 2,
                         1e-12f, /*euclidean=*/true, with_silu},
      frames);
  return out;
}

}  // namespace lvtino::nn
