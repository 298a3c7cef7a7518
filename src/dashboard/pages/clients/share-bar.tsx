/** A share as a bar, with a mark where the fair one is. */

interface ShareBarProps {
  /** 0 to 1. */
  readonly share: number;
  readonly fairShare: number;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

export function ShareBar({ share, fairShare }: ShareBarProps) {
  return (
    <span className="share">
      <svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect className="share-used" x={0} y={0} width={share * 100} height={1} />
        <path className="share-fair" d={`M${fairShare * 100} 0V1`} />
      </svg>
      <span>
        <strong>{percent(share)}</strong> <span className="quiet">fair {percent(fairShare)}</span>
      </span>
    </span>
  );
}
