#include "lvtino/ffmpeg_reader.hpp"

#include "lvtino/core/error.hpp"

#ifdef LVTINO_HAS_FFMPEG
#include "lvtino/core/image_codec.hpp"
#include "lvtino/ffmpeg_handles.hpp"
#include "lvtino/video_color.hpp"
#endif

namespace lvtino {

#ifdef LVTINO_HAS_FFMPEG
namespace {

using ffmpeg::why;

// One component of a picture as floats on the 8-bit scale, whatever the packing.
Tensor component_plane(const AVFrame& frame, const AVPixFmtDescriptor& format, int component,
                       std::int64_t height, std::int64_t width) {
  const AVComponentDescriptor& c = format.comp[component];
  Tensor out = at::empty({height, width}, at::kFloat);
  float* values = out.data_ptr<float>();
  const std::uint32_t mask = (1u << c.depth) - 1;
  const float scale = float(std::ldexp(1.0, 8 - c.depth));
  const bool wide = c.depth + c.shift > 8;
  for (std::int64_t row = 0; row < height; ++row) {
    const std::uint8_t* at = frame.data[c.plane] + row * frame.linesize[c.plane] + c.offset;
    for (std::int64_t column = 0; column < width; ++column, at += c.step) {
      const std::uint32_t word = wide ? at[0] | std::uint32_t(at[1]) << 8 : at[0];
      values[row * width + column] = float(word >> c.shift & mask) * scale;
    }
  }
  return out;
}

struct ScaledFrame {
  ffmpeg::Frame frame{av_frame_alloc()};
  AVPixelFormat format = AV_PIX_FMT_NONE;
};

// Palettes, packed bits, big-endian and float samples: swscale makes them plain first.
ScaledFrame plain_samples(const AVFrame& source, const AVPixFmtDescriptor& format,
                          const std::string& path) {
  const bool rgb = (format.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
  ScaledFrame out;
  out.format = rgb ? AV_PIX_FMT_RGB48LE : AV_PIX_FMT_YUV444P16LE;
  out.frame->format = out.format;
  out.frame->width = source.width, out.frame->height = source.height;
  const int flags =
      SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP | SWS_BITEXACT;
  const ffmpeg::Scaler scaler(
      sws_getContext(source.width, source.height, AVPixelFormat(source.format), source.width,
                     source.height, out.format, flags, nullptr, nullptr, nullptr));
  if (!scaler || av_frame_get_buffer(out.frame.get(), 0) < 0)
    throw IoError(text(path, ": the pixel format ", format.name, " cannot be converted"));
  const int* matrix = sws_getCoefficients(SWS_CS_DEFAULT);
  const int full = source.color_range == AVCOL_RANGE_JPEG;
  sws_setColorspaceDetails(scaler.get(), matrix, full, matrix, full, 0, 1 << 16, 1 << 16);
  if (sws_scale(scaler.get(), source.data, source.linesize, 0, source.height, out.frame->data,
                out.frame->linesize) != source.height)
    throw IoError(text(path, ": the pixel format ", format.name, " cannot be converted"));
  return out;
}

YuvWeights weights_of(const AVFrame& frame, const std::string& path) {
  switch (frame.colorspace) {
    case AVCOL_SPC_UNSPECIFIED:
    case AVCOL_SPC_RESERVED:
      return assumed_weights(frame.height);
    case AVCOL_SPC_BT709:
      return kBt709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return kBt601;
    case AVCOL_SPC_BT2020_NCL:
      return kBt2020;
    case AVCOL_SPC_SMPTE240M:
      return {0.212, 0.087};
    case AVCOL_SPC_FCC:
      return {0.30, 0.11};
    default:
      throw IoError(text(path, ": the colour space ", av_color_space_name(frame.colorspace),
                         " is not supported; convert the video to BT.709"));
  }
}

bool is_plain(const AVPixFmtDescriptor& format) {
  constexpr std::uint64_t kUnusual = AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                                     AV_PIX_FMT_FLAG_BE | AV_PIX_FMT_FLAG_HWACCEL |
                                     AV_PIX_FMT_FLAG_FLOAT | AV_PIX_FMT_FLAG_BAYER;
  return (format.flags & kUnusual) == 0 && format.comp[0].depth >= 8 && format.comp[0].depth <= 16;
}

Tensor rgb_of(const AVFrame& frame, const AVPixFmtDescriptor& format) {
  const int depth = format.comp[0].depth;
  std::vector<Tensor> planes;
  for (int c = 0; c < 3; ++c)
    planes.push_back(component_plane(frame, format, c, frame.height, frame.width));
  return at::stack(planes).div(yuv_code(kBt709, true, depth).luma_range);
}

Tensor to_rgb(const AVFrame& frame, AVPixelFormat pixel_format, const AVFrame& tags,
              const std::string& path) {
  const AVPixFmtDescriptor& format = *av_pix_fmt_desc_get(pixel_format);
  if (format.flags & AV_PIX_FMT_FLAG_RGB) return rgb_of(frame, format);
  const bool grey = format.nb_components < 3;
  const bool old_full = std::string_view(format.name).substr(0, 4) == "yuvj";
  const bool full = tags.color_range == AVCOL_RANGE_JPEG || old_full;
  const bool centred = tags.chroma_location == AVCHROMA_LOC_CENTER ||
                       tags.chroma_location == AVCHROMA_LOC_TOP ||
                       (tags.chroma_location == AVCHROMA_LOC_UNSPECIFIED && old_full);
  const int step_y = grey ? 1 : 1 << format.log2_chroma_h,
            step_x = grey ? 1 : 1 << format.log2_chroma_w;
  YuvGrid grid = yuv_grid(frame.height, frame.width, step_y, step_x, !centred);
  if (tags.chroma_location == AVCHROMA_LOC_TOPLEFT || tags.chroma_location == AVCHROMA_LOC_TOP)
    grid.offset_y = 0;
  YuvPlanes planes{component_plane(frame, format, 0, grid.height, grid.width), {}, {}};
  const auto chroma = [&](int c) {
    return grey ? at::full({grid.height, grid.width}, 128.f)
                : component_plane(frame, format, c, grid.chroma_height, grid.chroma_width);
  };
  planes.u = chroma(1), planes.v = chroma(2);
  return yuv_to_rgb(planes, grid, yuv_code(weights_of(tags, path), full, format.comp[0].depth));
}

// Quarter turns (counter-clockwise) that bring the stored picture upright.
int quarter_turns(const AVStream& stream, const std::string& path) {
  const auto* matrix = reinterpret_cast<const std::int32_t*>(
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr));
  if (!matrix) return 0;
  const double angle = av_display_rotation_get(matrix);
  const double turns = angle / 90;
  const double determinant = double(matrix[0]) * matrix[4] - double(matrix[1]) * matrix[3];
  if (std::isnan(angle) || std::abs(turns - std::round(turns)) > 1e-3 || determinant < 0)
    throw IoError(text(path, ": tagged with a rotation by ", angle,
                       " degrees or a reflection; expected quarter turns"));
  return (int(std::lround(turns)) % 4 + 4) % 4;
}

class FfmpegReader : public FrameReader {
 public:
  explicit FfmpegReader(const std::string& path)
      : path_(path), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
    ffmpeg::be_quiet();
    AVFormatContext* opened = nullptr;
    check(avformat_open_input(&opened, path.c_str(), nullptr, nullptr), "cannot open");
    input_.reset(opened);
    check(avformat_find_stream_info(opened, nullptr), "cannot find the streams");
    const AVCodec* codec = nullptr;
    const int index = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    check(index, "no video stream");
    stream_ = opened->streams[index];
    decoder_.reset(avcodec_alloc_context3(codec));
    check(avcodec_parameters_to_context(decoder_.get(), stream_->codecpar),
          "cannot set up the decoder");
    decoder_->max_pixels = codec::kMostPixels;
    decoder_->thread_count = 0;
    check(avcodec_open2(decoder_.get(), codec, nullptr), "cannot set up the decoder");
    turns_ = quarter_turns(*stream_, path_);
  }

  bool advance() override {
    while (true) {
      const int result = avcodec_receive_frame(decoder_.get(), frame_.get());
      if (result == AVERROR_EOF) return false;
      if (result != AVERROR(EAGAIN)) {
        check(result, "a frame cannot be decoded");
        if (frame_->decode_error_flags != 0 || (frame_->flags & AV_FRAME_FLAG_CORRUPT))
          throw IoError(text(path_, ": frame ", count_, " is damaged or truncated"));
        ++count_;
        return true;
      }
      feed();
    }
  }

  Tensor frame() override {
    const auto format = AVPixelFormat(frame_->format);
    const AVPixFmtDescriptor& descriptor = *av_pix_fmt_desc_get(format);
    Tensor rgb;
    if (is_plain(descriptor)) {
      rgb = to_rgb(*frame_, format, *frame_, path_);
    } else {
      const ScaledFrame plain = plain_samples(*frame_, descriptor, path_);
      rgb = to_rgb(*plain.frame, plain.format, *frame_, path_);
    }
    return turns_ == 0 ? rgb : at::rot90(rgb, turns_, {1, 2}).contiguous();
  }

  double frames_per_second() const override {
    const AVRational rate = av_guess_frame_rate(input_.get(), stream_, nullptr);
    return rate.num > 0 && rate.den > 0 ? av_q2d(rate) : 0;
  }

 private:
  void check(int result, const char* what) const {
    if (result < 0) throw IoError(text(path_, ": ", what, ": ", why(result)));
  }

  // Hands the next packet of the stream, or the end, to the decoder.
  void feed() {
    while (true) {
      const int result = av_read_frame(input_.get(), packet_.get());
      if (result == AVERROR_EOF) {
        check(avcodec_send_packet(decoder_.get(), nullptr), "cannot finish decoding");
        return;
      }
      check(result, "the file is damaged or truncated");
      const bool ours = packet_->stream_index == stream_->index;
      const bool corrupt = packet_->flags & AV_PKT_FLAG_CORRUPT;
      const int sent = ours && !corrupt ? avcodec_send_packet(decoder_.get(), packet_.get()) : 0;
      av_packet_unref(packet_.get());
      if (ours && corrupt)
        throw IoError(text(path_, ": the file is damaged or truncated near frame ", count_));
      if (!ours) continue;
      check(sent, "the file is damaged or truncated");
      return;
    }
  }

  std::string path_;
  ffmpeg::Input input_;
  ffmpeg::Codec decoder_;
  ffmpeg::Packet packet_;
  ffmpeg::Frame frame_;
  AVStream* stream_ = nullptr;
  std::int64_t count_ = 0;
  int turns_ = 0;
};

}  // namespace

std::unique_ptr<FrameReader> open_ffmpeg(const std::string& path) {
  return std::make_unique<FfmpegReader>(path);
}

#else

std::unique_ptr<FrameReader> open_ffmpeg(const std::string& path) {
  throw NotBuiltError(text(path,
                           ": this build reads no video files (it was made without FFmpeg); it "
                           "reads folders of pictures, .y4m and .npy"));
}

#endif

}  // namespace lvtino
