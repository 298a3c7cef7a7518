/** A part of a page with a name. What breaks inside of it breaks nothing else. */
import { Component, type ReactNode, useId } from 'react';
import { Failure } from './failure.tsx';

interface CardProps {
  readonly title: string;
  /** Right of the title: figures, or what can be done. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({ title, aside, className = '', children }: CardProps) {
  const id = useId();
  return (
    <section className={`card ${className}`} aria-labelledby={id}>
      <header className="card-head">
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className="card-aside">{aside}</div>}
      </header>
      <Boundary>{children}</Boundary>
    </section>
  );
}

interface Broken {
  readonly problem: Error | null;
}

export class Boundary extends Component<{ readonly children: ReactNode }, Broken> {
  override state: Broken = { problem: null };

  static getDerivedStateFromError(problem: Error): Broken {
    return { problem };
  }

  override render() {
    const { problem } = this.state;
    if (problem === null) return this.props.children;
    return <Failure problem={problem} again={() => this.setState({ problem: null })} />;
  }
}
